/*
 * token.h - the tokens of Spark SQL and the lexer that finds them.
 *
 * The whole text is cut at once into an array of tokens in an arena, ended by an END token. White
 * space and comments are left out. Lexing never fails on bad text: what is no token becomes an
 * ERROR token, which the parser reports when it gets there.
 *
 * Source: Spark's SqlBaseLexer.g4: the longest match wins, so `1a` is a word and `1e3` a number.
 */
#ifndef VONK_SQL_TOKEN_H
#define VONK_SQL_TOKEN_H

#include "base/arena.h"
#include "base/buffer.h"

/* Words that the parser asks for. All may be identifiers where nothing else fits. Sorted. */
#define VONK_KEYWORDS(X)                                                                           \
    X(ALL)                                                                                         \
    X(ANALYZE)                                                                                     \
    X(AND)                                                                                         \
    X(ANTI)                                                                                        \
    X(ANY)                                                                                         \
    X(ANY_VALUE)                                                                                   \
    X(ARRAY)                                                                                       \
    X(AS)                                                                                          \
    X(ASC)                                                                                         \
    X(BETWEEN)                                                                                     \
    X(BOTH)                                                                                        \
    X(BY)                                                                                          \
    X(CASE)                                                                                        \
    X(CAST)                                                                                        \
    X(CLUSTER)                                                                                     \
    X(CODEGEN)                                                                                     \
    X(COLLATE)                                                                                     \
    X(COLUMN)                                                                                      \
    X(COMMENT)                                                                                     \
    X(COST)                                                                                        \
    X(CREATE)                                                                                      \
    X(CROSS)                                                                                       \
    X(CUBE)                                                                                        \
    X(CURRENT_DATE)                                                                                \
    X(CURRENT_TIMESTAMP)                                                                           \
    X(DATABASE)                                                                                    \
    X(DATE)                                                                                        \
    X(DATEADD)                                                                                     \
    X(DATEDIFF)                                                                                    \
    X(DATE_ADD)                                                                                    \
    X(DATE_DIFF)                                                                                   \
    X(DAY)                                                                                         \
    X(DEFAULT)                                                                                     \
    X(DESC)                                                                                        \
    X(DESCRIBE)                                                                                    \
    X(DIRECTORY)                                                                                   \
    X(DISTINCT)                                                                                    \
    X(DISTRIBUTE)                                                                                  \
    X(DIV)                                                                                         \
    X(DROP)                                                                                        \
    X(ELSE)                                                                                        \
    X(END)                                                                                         \
    X(ESCAPE)                                                                                      \
    X(EXCEPT)                                                                                      \
    X(EXISTS)                                                                                      \
    X(EXPLAIN)                                                                                     \
    X(EXTENDED)                                                                                    \
    X(EXTRACT)                                                                                     \
    X(FALSE)                                                                                       \
    X(FILTER)                                                                                      \
    X(FIRST)                                                                                       \
    X(FOR)                                                                                         \
    X(FORMATTED)                                                                                   \
    X(FROM)                                                                                        \
    X(FULL)                                                                                        \
    X(FUNCTION)                                                                                    \
    X(FUNCTIONS)                                                                                   \
    X(GLOBAL)                                                                                      \
    X(GROUP)                                                                                       \
    X(GROUPING)                                                                                    \
    X(HAVING)                                                                                      \
    X(HOUR)                                                                                        \
    X(IF)                                                                                          \
    X(IGNORE)                                                                                      \
    X(ILIKE)                                                                                       \
    X(IN)                                                                                          \
    X(INNER)                                                                                       \
    X(INSERT)                                                                                      \
    X(INTERSECT)                                                                                   \
    X(INTERVAL)                                                                                    \
    X(INTO)                                                                                        \
    X(IS)                                                                                          \
    X(JOIN)                                                                                        \
    X(LAST)                                                                                        \
    X(LATERAL)                                                                                     \
    X(LEADING)                                                                                     \
    X(LEFT)                                                                                        \
    X(LIKE)                                                                                        \
    X(LIMIT)                                                                                       \
    X(LOCAL)                                                                                       \
    X(LOCATION)                                                                                    \
    X(LOGICAL)                                                                                     \
    X(MAP)                                                                                         \
    X(MINUS)                                                                                       \
    X(MINUTE)                                                                                      \
    X(MONTH)                                                                                       \
    X(NAME)                                                                                        \
    X(NATURAL)                                                                                     \
    X(NOT)                                                                                         \
    X(NULL)                                                                                        \
    X(NULLS)                                                                                       \
    X(OFFSET)                                                                                      \
    X(ON)                                                                                          \
    X(OPTIONS)                                                                                     \
    X(OR)                                                                                          \
    X(ORDER)                                                                                       \
    X(OUTER)                                                                                       \
    X(OVER)                                                                                        \
    X(OVERLAY)                                                                                     \
    X(OVERWRITE)                                                                                   \
    X(PARTITION)                                                                                   \
    X(PARTITIONED)                                                                                 \
    X(PIVOT)                                                                                       \
    X(PLACING)                                                                                     \
    X(POSITION)                                                                                    \
    X(PURGE)                                                                                       \
    X(QUALIFY)                                                                                     \
    X(QUERY)                                                                                       \
    X(RECURSIVE)                                                                                   \
    X(REGEXP)                                                                                      \
    X(REPLACE)                                                                                     \
    X(RESET)                                                                                       \
    X(RESPECT)                                                                                     \
    X(RIGHT)                                                                                       \
    X(RLIKE)                                                                                       \
    X(ROLLUP)                                                                                      \
    X(SECOND)                                                                                      \
    X(SELECT)                                                                                      \
    X(SEMI)                                                                                        \
    X(SET)                                                                                         \
    X(SETS)                                                                                        \
    X(SHOW)                                                                                        \
    X(SOME)                                                                                        \
    X(SORT)                                                                                        \
    X(STORED)                                                                                      \
    X(STRUCT)                                                                                      \
    X(SUBSTR)                                                                                      \
    X(SUBSTRING)                                                                                   \
    X(TABLE)                                                                                       \
    X(TABLES)                                                                                      \
    X(TABLESAMPLE)                                                                                 \
    X(TBLPROPERTIES)                                                                               \
    X(TEMP)                                                                                        \
    X(TEMPORARY)                                                                                   \
    X(THEN)                                                                                        \
    X(TIME)                                                                                        \
    X(TIMESTAMP)                                                                                   \
    X(TIMESTAMPADD)                                                                                \
    X(TIMESTAMPDIFF)                                                                               \
    X(TIMESTAMP_LTZ)                                                                               \
    X(TIMESTAMP_NTZ)                                                                               \
    X(TO)                                                                                          \
    X(TRAILING)                                                                                    \
    X(TRIM)                                                                                        \
    X(TRUE)                                                                                        \
    X(TRY_CAST)                                                                                    \
    X(UNION)                                                                                       \
    X(UNKNOWN)                                                                                     \
    X(UNPIVOT)                                                                                     \
    X(USING)                                                                                       \
    X(VALUES)                                                                                      \
    X(VIEW)                                                                                        \
    X(VIEWS)                                                                                       \
    X(WHEN)                                                                                        \
    X(WHERE)                                                                                       \
    X(WINDOW)                                                                                      \
    X(WITH)                                                                                        \
    X(WITHIN)                                                                                      \
    X(X)                                                                                           \
    X(YEAR)                                                                                        \
    X(ZONE)

typedef enum vonk_keyword {
    KW_NONE, /* a word of no meaning to the parser */
#define X(word) KW_##word,
    VONK_KEYWORDS(X)
#undef X
        KW_COUNT,
} vonk_keyword;

typedef enum vonk_token_kind {
    TOK_END,
    TOK_ERROR,  /* a byte that starts no token; an opening quote without its end */
    TOK_WORD,   /* identifier or keyword */
    TOK_QUOTED, /* `identifier` */
    TOK_STRING, /* '..', "..", r'..', r".." */
    TOK_HINT,   /* a hint comment, whole */
    /* numbers */
    TOK_INTEGER,    /* 12 */
    TOK_DECIMAL,    /* 1.5 */
    TOK_EXPONENT,   /* 1e3 */
    TOK_TINYINT,    /* 1Y */
    TOK_SMALLINT,   /* 1S */
    TOK_BIGINT,     /* 1L */
    TOK_FLOAT,      /* 1.5F */
    TOK_DOUBLE,     /* 1.5D */
    TOK_BIGDECIMAL, /* 1.5BD */
    /* punctuation */
    TOK_LPAREN,
    TOK_RPAREN,
    TOK_LBRACKET,
    TOK_RBRACKET,
    TOK_COMMA,
    TOK_DOT,
    TOK_SEMICOLON,
    TOK_COLON,
    TOK_DOUBLE_COLON,
    TOK_ARROW,     /* -> */
    TOK_FAT_ARROW, /* => */
    TOK_QUESTION,
    TOK_BANG,
    TOK_EQ,
    TOK_NULL_SAFE_EQ, /* <=> */
    TOK_NEQ,
    TOK_LT,
    TOK_LTE,
    TOK_GT,
    TOK_GTE,
    TOK_PLUS,
    TOK_MINUS,
    TOK_STAR,
    TOK_SLASH,
    TOK_PERCENT,
    TOK_TILDE,
    TOK_AMPERSAND,
    TOK_PIPE,
    TOK_PIPE_OPERATOR, /* |> */
    TOK_CONCAT,
    TOK_HAT,
    TOK_SHIFT_LEFT,
    TOK_SHIFT_RIGHT,
    TOK_SHIFT_RIGHT_UNSIGNED,
} vonk_token_kind;

typedef struct vonk_token {
    uint8_t kind;       /* vonk_token_kind */
    uint8_t keyword;    /* vonk_keyword of a WORD */
    int32_t start, end; /* bytes of the text */
} vonk_token;

_Static_assert(KW_COUNT <= 256, "a keyword fits a byte");

/*
 * Reads one token at or after `*at` and moves `*at` behind it. *ret_unclosed is set when a
 * bracketed comment runs to the end of the text.
 */
vonk_token vonk_token_next(vonk_slice text, int32_t *at, bool *ret_unclosed);

/*
 * *ret = all tokens of `text`, the END token last. Errors: VONK_INVALID if the text has more than
 * INT32_MAX - 1 bytes; VONK_NO_MEMORY; VONK_CANCELLED by the arena's flag.
 */
vonk_status vonk_tokens(vonk_slice text, vonk_arena *arena, const vonk_token **ret,
                        bool *ret_unclosed, vonk_error *err) VONK_MUST_CHECK;

vonk_keyword vonk_keyword_find(vonk_slice word);

/*
 * Writes the bytes of a STRING token to *to, where there is room for as many as the token has, and
 * moves *to behind them: quotes off, escapes resolved, or as they are in a raw string. Errors:
 * VONK_CANCELLED by the arena's flag.
 */
vonk_status vonk_token_unescape(vonk_slice token, const vonk_arena *arena, char **to,
                                vonk_error *err) VONK_MUST_CHECK;
bool vonk_token_is_number(vonk_token_kind kind);

#endif
