/*
 * text.h - the text format: one column `value`, a row a line (or a file, with the option
 * wholetext).
 */
#ifndef VONK_FORMAT_TEXT_TEXT_H
#define VONK_FORMAT_TEXT_TEXT_H

#include "format/format.h"

extern const vonk_format vonk_text_format;

#endif
