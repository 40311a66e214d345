/* xml.c - expat's callbacks to ends of elements. */
#include "fs/s3/xml.h"

#include <expat.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 16
#define MAX_TEXT  ((size_t)64 << 10)
#define MAX_PATH  512

typedef struct walk {
    XML_Parser parser;
    const vonk_s3_xml_visitor *visitor;
    unsigned depth;
    size_t path_length;
    char path[MAX_PATH];
    size_t path_ends[MAX_DEPTH]; /* of the parents */
    vonk_buffer text;            /* of the element that began last */
    vonk_status status;
    vonk_error *err;
} walk;

static void stop(walk *w, const char *why)
{
    if (w->status == VONK_OK)
        w->status = vonk_fail(w->err, VONK_CORRUPT, "the store's answer is not right: %s", why);
    (void)XML_StopParser(w->parser, XML_FALSE);
}

/* The name without its namespace prefix. */
static const char *local_name(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

static void on_start(void *context, const char *full, const char **attributes)
{
    (void)attributes;
    walk *w = context;
    const char *name = local_name(full);
    size_t length = strlen(name);
    if (w->depth == MAX_DEPTH || length > MAX_PATH - 2 - w->path_length) {
        stop(w, "too many levels of XML");
        return;
    }
    w->path_ends[w->depth++] = w->path_length;
    if (w->path_length)
        w->path[w->path_length++] = '/';
    memcpy(w->path + w->path_length, name, length + 1);
    w->path_length += length;
    w->text.length = 0;
}

static void on_end(void *context, const char *name)
{
    (void)name;
    walk *w = context;
    vonk_slice text = {w->text.data ? w->text.data : "", w->text.length};
    if (w->status == VONK_OK)
        w->status = w->visitor->end(w->visitor->context, w->path, text, w->err);
    if (w->status != VONK_OK)
        (void)XML_StopParser(w->parser, XML_FALSE);
    w->path_length = w->path_ends[--w->depth];
    w->path[w->path_length] = '\0';
    w->text.length = 0;
}

static void on_text(void *context, const char *text, int length)
{
    walk *w = context;
    if (w->text.length + (size_t)length > MAX_TEXT) {
        stop(w, "a text of XML that is too long");
        return;
    }
    vonk_buffer_append(&w->text, text, (size_t)length);
}

static void on_doctype(void *context, const char *name, const char *system, const char *public,
                       int internal)
{
    (void)name;
    (void)system;
    (void)public;
    (void)internal;
    stop(context, "XML with a document type");
}

vonk_status vonk_s3_xml_walk(vonk_slice bytes, const vonk_s3_xml_visitor *visitor, vonk_error *err)
{
    if (bytes.length > INT_MAX)
        return vonk_fail(err, VONK_CORRUPT, "the store's answer is too long");
    walk w = {.visitor = visitor, .err = err};
    w.parser = XML_ParserCreate("UTF-8");
    if (!w.parser)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for XML");
    XML_SetUserData(w.parser, &w);
    XML_SetElementHandler(w.parser, on_start, on_end);
    XML_SetCharacterDataHandler(w.parser, on_text);
    XML_SetStartDoctypeDeclHandler(w.parser, on_doctype);
    if (XML_Parse(w.parser, bytes.data, (int)bytes.length, 1) != XML_STATUS_OK &&
        w.status == VONK_OK)
        w.status = vonk_fail(err, VONK_CORRUPT, "the store's answer is not XML: %s",
                             XML_ErrorString(XML_GetErrorCode(w.parser)));
    if (w.status == VONK_OK)
        w.status = vonk_buffer_check(&w.text, err);
    XML_ParserFree(w.parser);
    vonk_buffer_free(&w.text);
    return w.status;
}
