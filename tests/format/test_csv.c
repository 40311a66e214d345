#include "format/csv/csv.h"
#include "text_support.h"

static const text_case spark_cases[] = {
#include "spark_csv_cases.inc"
};

Test(csv, reads_as_spark_does)
{
    check_cases(&vonk_csv_format, spark_cases, VONK_LENGTH(spark_cases));
}
