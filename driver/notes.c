/* notes.c - see notes.h. */
#include "driver/notes.h"

#include <string.h>
#include <unistd.h>

#include "base/buffer.h"

void vonk_note(const char *event, uint32_t executor, const char *why)
{
    vonk_buffer line = {0};
    vonk_buffer_printf(&line, "{\"level\":\"warn\",\"event\":\"%s\",", event);
    if (executor != UINT32_MAX)
        vonk_buffer_printf(&line, "\"executor\":%u,", executor);
    vonk_buffer_text(&line, "\"why\":\"");
    vonk_buffer_json(&line, why, strlen(why));
    vonk_buffer_text(&line, "\"}\n");
    if (!line.failed)
        (void)!write(STDERR_FILENO, line.data, line.length);
    vonk_buffer_free(&line);
}
