#include "format/json/json.h"
#include "text_support.h"

static const text_case spark_cases[] = {
#include "spark_json_cases.inc"
};

Test(json, reads_as_spark_does)
{
    check_cases(&vonk_json_format, spark_cases, VONK_LENGTH(spark_cases));
}
