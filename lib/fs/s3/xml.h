/*
 * xml.h - walks over a store's XML answer by expat, with bounds: at most 16 levels, 64 KiB a text,
 * no document type and so no entities of its own.
 */
#ifndef VONK_FS_S3_XML_H
#define VONK_FS_S3_XML_H

#include "base/buffer.h"

typedef struct vonk_s3_xml_visitor {
    void *context;
    /*
     * An element ended. `path` holds the local names from the root ("ListBucketResult/Name"),
     * `text` the characters right inside it, without those of its children. Both are borrowed.
     */
    vonk_status (*end)(void *context, const char *path, vonk_slice text, vonk_error *err);
} vonk_s3_xml_visitor;

/* Errors: VONK_CORRUPT: not such XML; what the visitor returns. */
vonk_status vonk_s3_xml_walk(vonk_slice bytes, const vonk_s3_xml_visitor *visitor,
                             vonk_error *err) VONK_MUST_CHECK;

#endif
