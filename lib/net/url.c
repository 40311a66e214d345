/* url.c - percent-encoding. Source: RFC 3986, 2.3: unreserved characters stay. */
#include "net/http.h"

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

void vonk_url_escape(vonk_buffer *out, vonk_slice text, bool keep_slash)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (is_unreserved(c) || (c == '/' && keep_slash)) {
            vonk_buffer_char(out, c);
            continue;
        }
        vonk_buffer_char(out, '%');
        vonk_buffer_char(out, digits[(unsigned char)c >> 4]);
        vonk_buffer_char(out, digits[(unsigned char)c & 15]);
    }
}
