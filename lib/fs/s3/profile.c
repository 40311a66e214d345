/* profile.c - lines of an INI file. */
#include "fs/s3/profile.h"

#include <ctype.h>
#include <string.h>

static vonk_slice trim(vonk_slice s)
{
    while (s.length && isspace((unsigned char)s.data[0])) {
        s.data++;
        s.length--;
    }
    while (s.length && isspace((unsigned char)s.data[s.length - 1]))
        s.length--;
    return s;
}

/* "[profile x]" is the section of `name`. */
static bool is_section(vonk_slice line, const char *name, bool is_config)
{
    vonk_slice inner = {line.data + 1, line.length - 1};
    const char *end = memchr(inner.data, ']', inner.length);
    if (!end)
        return false;
    inner.length = (size_t)(end - inner.data);
    inner = trim(inner);
    bool prefixed = inner.length > 8 && !memcmp(inner.data, "profile", 7) &&
                    isspace((unsigned char)inner.data[7]);
    if (is_config && prefixed)
        inner = trim((vonk_slice){inner.data + 8, inner.length - 8});
    else if (is_config && strcmp(name, "default") != 0)
        return false;
    return vonk_slice_equal(inner, vonk_slice_of(name));
}

static vonk_status set_field(vonk_s3_profile *p, vonk_slice key, vonk_slice value,
                             vonk_arena *arena, vonk_error *err)
{
    const struct {
        const char *key;
        const char **field;
    } fields[] = {
        {"aws_access_key_id", &p->access_key},
        {"aws_secret_access_key", &p->secret_key},
        {"aws_session_token", &p->session_token},
        {"region", &p->region},
        {"endpoint_url", &p->endpoint_url},
        {"role_arn", &p->role_arn},
        {"web_identity_token_file", &p->web_identity_token_file},
        {"role_session_name", &p->role_session_name},
        {"credential_process", &p->unsupported},
        {"source_profile", &p->unsupported},
        {"credential_source", &p->unsupported},
        {"sso_session", &p->unsupported},
        {"sso_start_url", &p->unsupported},
    };
    for (size_t i = 0; i < VONK_LENGTH(fields); i++) {
        if (!vonk_slice_equal_nocase(key, vonk_slice_of(fields[i].key)) || *fields[i].field)
            continue;
        vonk_slice text = fields[i].field == &p->unsupported ? key : value;
        *fields[i].field = vonk_arena_strndup(arena, text.data, text.length, err);
        VONK_TRY_ALLOC(*fields[i].field);
    }
    return VONK_OK;
}

vonk_status vonk_s3_profile_read(vonk_slice text, const char *name, bool is_config,
                                 vonk_arena *arena, vonk_s3_profile *profile, vonk_error *err)
{
    bool inside = false;
    const char *p = text.data, *end = text.data + text.length;
    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        vonk_slice raw = {p, (size_t)((newline ? newline : end) - p)};
        vonk_slice line = trim(raw);
        p += raw.length + 1;
        if (!line.length || line.data[0] == '#' || line.data[0] == ';')
            continue;
        if (line.data[0] == '[') {
            inside = is_section(line, name, is_config);
            profile->found = profile->found || inside;
            continue;
        }
        const char *equals = memchr(line.data, '=', line.length);
        bool nested = isspace((unsigned char)raw.data[0]); /* of a sub-section such as "s3 =" */
        if (!inside || !equals || nested)
            continue;
        vonk_slice key = trim((vonk_slice){line.data, (size_t)(equals - line.data)});
        vonk_slice value =
            trim((vonk_slice){equals + 1, (size_t)(line.data + line.length - equals - 1)});
        VONK_TRY(set_field(profile, key, value, arena, err));
    }
    return VONK_OK;
}
