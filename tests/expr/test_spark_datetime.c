/* test_spark_datetime.c - functions over dates and times, against the answers of Spark 4 (ANSI).
 * Made with PySpark. */
#include <criterion/criterion.h>

#include "eval_text.h"

/* clang-format off */
static const answer answers[] = {
    {"year('2013-03-05')", "int: 2013"},
    {"quarter(date'2013-05-06')", "int: 2"},
    {"weekofyear(date'2013-01-01')", "int: 1"},
    {"weekofyear(date'2012-12-31')", "int: 1"},
    {"weekofyear(date'2010-01-03')", "int: 53"},
    {"dayofweek(date'2013-01-01')", "int: 3"},
    {"weekday(date'2013-01-01')", "int: 1"},
    {"dayofyear(date'2012-12-31')", "int: 366"},
    {"hour(timestamp'2013-01-01 13:14:15.678')", "int: 13"},
    {"second(timestamp'2013-01-01 13:14:15.678')", "int: 15"},
    {"hour('2013-01-01 13:14:15')", "int: 13"},
    {"extract(second from timestamp'2013-01-01 13:14:15.678')", "decimal(8,6): 15.678000"},
    {"extract(week from date'2013-01-01')", "int: 1"},
    {"extract(dow from date'2013-01-01')", "int: 3"},
    {"extract(yearofweek from date'2012-12-31')", "int: 2013"},
    {"extract(hour from date'2012-12-31')", "int: 0"},
    {"extract(day from date'2013-01-31' - date'2013-01-01')", "int: 30"},
    {"date_part('month', date'2013-05-01')", "int: 5"},
    {"date_part('foo', date'2013-05-01')",
     "!INVALID_EXTRACT_FIELD Cannot extract `foo` from \"DATE '2013-05-01'\"."},
    {"date_add(date'2013-01-31', 1)", "date: 2013-02-01"},
    {"date_add('2013-01-31', 1)", "date: 2013-02-01"},
    {"date_sub(date'2013-03-01', 1)", "date: 2013-02-28"},
    {"datediff(date'2013-03-01', '2013-02-01')", "int: 28"},
    {"add_months(date'2013-01-31', 1)", "date: 2013-02-28"},
    {"add_months(date'2012-02-29', 12)", "date: 2013-02-28"},
    {"last_day(date'2012-02-10')", "date: 2012-02-29"},
    {"months_between('1997-02-28 10:30:00', '1996-10-30')", "double: 3.94959677"},
    {"months_between('1997-02-28 10:30:00', '1996-10-30', false)", "double: 3.9495967741935485"},
    {"months_between(date'2013-03-31', date'2013-02-28')", "double: 1.0"},
    {"trunc(date'2013-05-17', 'month')", "date: 2013-05-01"},
    {"trunc(date'2013-05-17', 'week')", "date: 2013-05-13"},
    {"trunc(date'2013-05-17', 'quarter')", "date: 2013-04-01"},
    {"trunc(date'2013-05-17', 'day')", "date: NULL"},
    {"date_trunc('hour', timestamp'2013-05-17 13:14:15')", "timestamp: 2013-05-17 13:00:00"},
    {"date_trunc('week', timestamp'2013-05-17 13:14:15')", "timestamp: 2013-05-13 00:00:00"},
    {"date_trunc('foo', timestamp'2013-05-17 13:14:15')", "timestamp: NULL"},
    {"date_trunc('day', date'2013-05-17')", "timestamp: 2013-05-17 00:00:00"},
    {"to_date('2013-01-05')", "date: 2013-01-05"},
    {"to_date('05/01/2013', 'dd/MM/yyyy')", "date: 2013-01-05"},
    {"to_date('20130105', 'yyyyMMdd')", "date: 2013-01-05"},
    {"to_date('abc', 'yyyy')",
     "!CANNOT_PARSE_TIMESTAMP Text 'abc' could not be parsed at index 0. Use `try_to_date` to tolera"},
    {"to_date('2013-1-5', 'yyyy-MM-dd')",
     "!CANNOT_PARSE_TIMESTAMP Text '2013-1-5' could not be parsed at index 5. Use `try_to_date` to t"},
    {"to_date('5 Jan 2013', 'd MMM yyyy')", "date: 2013-01-05"},
    {"to_timestamp('2013-01-05 06:07:08')", "timestamp: 2013-01-05 06:07:08"},
    {"to_timestamp('05/01/2013 06:07', 'dd/MM/yyyy HH:mm')", "timestamp: 2013-01-05 06:07:00"},
    {"to_timestamp('2013-01-05 06:07:08.123', 'yyyy-MM-dd HH:mm:ss.SSS')",
     "timestamp: 2013-01-05 06:07:08.123"},
    {"to_timestamp('05/01/2013 06:07 PM', 'dd/MM/yyyy hh:mm a')",
     "timestamp: 2013-01-05 18:07:00"},
    {"try_to_timestamp('abc')", "timestamp: NULL"},
    {"date_format(timestamp'2013-01-05 06:07:08.123456', 'yyyy-MM-dd HH:mm:ss.SSS')",
     "string: 2013-01-05 06:07:08.123"},
    {"date_format(date'2013-01-05', 'EEE, d MMM yyyy')", "string: Sat, 5 Jan 2013"},
    {"date_format(date'2013-01-05', 'EEEE MMMM D Q')", "string: Saturday January 5 1"},
    {"date_format(timestamp'2013-01-05 16:07:08', 'hh:mm a')", "string: 04:07 PM"},
    {"date_format(timestamp'2013-01-05 16:07:08', \"yyyy'T'H\")", "string: 2013T16"},
    {"date_format(timestamp'2013-01-05 16:07:08', 'yy/M/d h:m:s')", "string: 13/1/5 4:7:8"},
    {"make_date(2013, 2, 28)", "date: 2013-02-28"},
    {"make_date(2013, 2, 30)",
     "!DATETIME_FIELD_OUT_OF_BOUNDS.WITH_SUGGESTION Invalid date 'FEBRUARY 30'. If necessary set \"spark.sql.ansi.enabled\""},
    {"make_date(2013, 13, 1)",
     "!DATETIME_FIELD_OUT_OF_BOUNDS.WITH_SUGGESTION Invalid value for MonthOfYear (valid values 1 - 12): 13. If necessary"},
    {"unix_timestamp('2013-01-01 00:00:00')", "bigint: 1356998400"},
    {"unix_timestamp('2013-01-01', 'yyyy-MM-dd')", "bigint: 1356998400"},
    {"unix_timestamp(timestamp'2013-01-01 00:00:01.5')", "bigint: 1356998401"},
    {"from_unixtime(0)", "string: 1970-01-01 00:00:00"},
    {"from_unixtime(1356998400, 'yyyy-MM-dd')", "string: 2013-01-01"},
    {"timestamp_seconds(1356998400)", "timestamp: 2013-01-01 00:00:00"},
    {"timestamp_millis(1356998400123)", "timestamp: 2013-01-01 00:00:00.123"},
    {"unix_millis(timestamp'2013-01-01 00:00:00.123')", "bigint: 1356998400123"},
    {"unix_date(date'2013-01-01')", "int: 15706"},
    {"date_from_unix_date(15706)", "date: 2013-01-01"},
    {"timestampadd(MONTH, 1, timestamp'2013-01-31 00:00:00')", "timestamp: 2013-02-28 00:00:00"},
    {"timestampadd(HOUR, 5, timestamp'2013-01-31 00:00:00')", "timestamp: 2013-01-31 05:00:00"},
    {"timestampdiff(MONTH, timestamp'2013-01-31 00:00:00', timestamp'2013-02-28 00:00:00')",
     "bigint: 0"},
    {"timestampdiff(DAY, timestamp'2013-01-31 12:00:00', timestamp'2013-02-02 11:00:00')",
     "bigint: 1"},
    {"date_add(date'2013-01-31', '1')", "date: 2013-02-01"},
};
/* clang-format on */

Test(spark_datetime, are_answered_alike)
{
    for (size_t i = 0; i < VONK_LENGTH(answers); i++) {
        char actual[2048];
        vonk_error err;
        eval_text(answers[i].sql, &test_settings, actual, sizeof actual, &err);
        cr_expect(is_answer(actual, answers[i].expected), "%s\n    is       %s\n    expected %s",
                  answers[i].sql, actual, answers[i].expected);
    }
}
