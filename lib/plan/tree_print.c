/* tree_print.c - branches of printed trees. */
#include "plan/tree_print.h"

size_t vonk_tree_enter(tree_prefix *prefix, bool last, vonk_buffer *out)
{
    size_t before = prefix->text.length;
    vonk_buffer_append(out, prefix->text.data, before);
    vonk_buffer_text(out, last ? "+- " : ":- ");
    vonk_buffer_text(&prefix->text, last ? "   " : ":  ");
    out->failed |= prefix->text.failed;
    return before;
}

size_t vonk_tree_enter_inner(tree_prefix *prefix, bool last, bool more, vonk_buffer *out)
{
    size_t before = prefix->text.length;
    vonk_buffer_text(&prefix->text, more ? ":  " : "   ");
    (void)vonk_tree_enter(prefix, last, out);
    return before;
}

void vonk_tree_leave(tree_prefix *prefix, size_t before)
{
    if (prefix->text.length > before)
        prefix->text.length = before;
}
