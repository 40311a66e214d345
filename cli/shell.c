/* shell.c - the shell, on libedit. History is kept in ~/.vonk_history. */
#include "cli/shell.h"

#include <ctype.h>
#include <errno.h>
#include <histedit.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HISTORY_LINES 1000

typedef struct shell {
    vonk_statements *run;
    EditLine *edit;
    History *history;
    char *history_file;
    vonk_buffer text; /* lines of the statement so far */
} shell;

static char *prompt(EditLine *edit)
{
    static char first[] = "vonk> ", more[] = "    > ";
    shell *sh = NULL;
    (void)el_get(edit, EL_CLIENTDATA, &sh);
    return sh && sh->text.length ? more : first;
}

/* --- completion --- */

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* Bytes that all names have in common. */
static size_t common_prefix(char **names)
{
    size_t n = strlen(names[0]);
    for (char **name = names + 1; *name; name++) {
        while (strncasecmp(*name, names[0], n) != 0)
            n--;
    }
    return n;
}

static void free_names(char **names)
{
    for (char **name = names; name && *name; name++)
        free(*name);
    free(names);
}

static unsigned char complete(EditLine *edit, int ch)
{
    (void)ch;
    shell *sh = NULL;
    (void)el_get(edit, EL_CLIENTDATA, &sh);
    const LineInfo *line = el_line(edit);
    const char *start = line->cursor;
    while (start > line->buffer && is_name(start[-1]))
        start--;
    size_t typed = (size_t)(line->cursor - start);
    char prefix[256];
    if (!typed || typed >= sizeof(prefix))
        return CC_ERROR;
    memcpy(prefix, start, typed);
    prefix[typed] = '\0';
    char **names = vonk_session_names(sh->run->session, prefix);
    unsigned char result = CC_ERROR;
    if (names && names[0]) {
        size_t n = common_prefix(names);
        char *rest = n > typed ? strndup(names[0] + typed, n - typed) : NULL;
        if (rest && el_insertstr(edit, rest) == 0)
            result = CC_REFRESH;
        free(rest);
        if (n <= typed && names[1]) {
            (void)fputc('\n', stdout);
            for (char **name = names; *name; name++)
                (void)printf("%s  ", *name);
            (void)fputc('\n', stdout);
            result = CC_REDISPLAY;
        }
    }
    free_names(names);
    return result;
}

/* --- life --- */

static void open_shell(shell *sh)
{
    HistEvent event;
    sh->edit = el_init("vonk", stdin, stdout, stderr);
    sh->history = history_init();
    if (!sh->edit || !sh->history)
        return;
    (void)history(sh->history, &event, H_SETSIZE, HISTORY_LINES);
    (void)history(sh->history, &event, H_SETUNIQUE, 1);
    const char *home = getenv("HOME");
    if (home && asprintf(&sh->history_file, "%s/.vonk_history", home) < 0)
        sh->history_file = NULL;
    if (sh->history_file)
        (void)history(sh->history, &event, H_LOAD, sh->history_file);
    (void)el_set(sh->edit, EL_PROMPT, prompt);
    (void)el_set(sh->edit, EL_EDITOR, "emacs");
    (void)el_set(sh->edit, EL_HIST, history, sh->history);
    (void)el_set(sh->edit, EL_CLIENTDATA, sh);
    (void)el_set(sh->edit, EL_ADDFN, "complete-name", "complete a name", complete);
    (void)el_set(sh->edit, EL_BIND, "^I", "complete-name", NULL);
    (void)el_source(sh->edit, NULL);
}

static void close_shell(shell *sh)
{
    HistEvent event;
    if (sh->history_file && sh->history)
        (void)history(sh->history, &event, H_SAVE, sh->history_file);
    if (sh->edit)
        el_end(sh->edit);
    if (sh->history)
        history_end(sh->history);
    free(sh->history_file);
    vonk_buffer_free(&sh->text);
}

/* "exit" or "quit", with or without ';'. */
static bool is_exit(const char *line)
{
    size_t n = strcspn(line, "; \t\r\n");
    return n == 4 && (!strncasecmp(line, "exit", 4) || !strncasecmp(line, "quit", 4));
}

/* The text ends with ';' (and blanks). */
static bool is_complete(const vonk_buffer *text)
{
    size_t n = text->length;
    while (n && isspace((unsigned char)text->data[n - 1]))
        n--;
    return n && text->data[n - 1] == ';';
}

static void run_text(shell *sh)
{
    HistEvent event;
    vonk_error err;
    vonk_slice script = {sh->text.data, sh->text.length};
    (void)history(sh->history, &event, H_ENTER, vonk_buffer_str(&sh->text));
    bool keep_going = sh->run->keep_going;
    /* the error was printed: the shell goes on */
    if (vonk_run_script(sh->run, script, &err) != VONK_OK)
        sh->run->failed = keep_going;
    (void)fflush(stdout);
    sh->text.length = 0;
}

void vonk_shell(vonk_statements *run)
{
    shell sh = {.run = run};
    open_shell(&sh);
    while (sh.edit && sh.history) {
        int n = 0;
        vonk_cli_on_interrupt(run->session); /* Ctrl-C at the prompt: a fresh line */
        errno = 0;
        const char *line = el_gets(sh.edit, &n);
        if (!line && errno == EINTR) {
            (void)fputc('\n', stdout);
            sh.text.length = 0;
            continue;
        }
        if (!line || n <= 0)
            break;
        if (!sh.text.length && is_exit(line))
            break;
        if (sh.text.length || strspn(line, " \t\r\n") != (size_t)n)
            vonk_buffer_append(&sh.text, line, (size_t)n);
        if (is_complete(&sh.text))
            run_text(&sh);
    }
    run->failed = false;
    close_shell(&sh);
}
