/* optimizer_log.c - from the optimizer's calls to lines for whoever reads the session's log. */
#include "session/optimizer_log.h"

#include <strings.h>

static void tell(const vonk_session *s, vonk_buffer *text)
{
    const char *line = vonk_buffer_str(text);
    if (!text->failed)
        s->log(s->log_context, line);
    vonk_buffer_free(text);
}

static void add_indented(vonk_buffer *out, const char *title, const char *plan)
{
    vonk_buffer_printf(out, "%s\n", title);
    for (bool begins = true; *plan; plan++) {
        vonk_buffer_text(out, begins ? "   " : "");
        vonk_buffer_char(out, *plan);
        begins = *plan == '\n';
    }
}

static void changed(void *context, const char *rule, const char *before, const char *after)
{
    const vonk_session *s = context;
    const char *only = vonk_conf_get(s->conf, "spark.sql.planChangeLog.rules");
    if (*only && !vonk_optimizer_rule_in(only, rule))
        return;
    vonk_buffer text = {0};
    vonk_buffer_printf(&text, "=== Applying Rule %s ===\n", rule);
    add_indented(&text, "before:", before);
    add_indented(&text, "after:", after);
    tell(s, &text);
}

static void tell_needed(const vonk_session *s)
{
    const char *excluded = vonk_conf_get(s->conf, "spark.sql.optimizer.excludedRules");
    const char *rule;
    for (uint32_t i = 0; *excluded && (rule = vonk_optimizer_rule(i)); i++) {
        if (!vonk_optimizer_rule_is_needed(rule) || !vonk_optimizer_rule_in(excluded, rule))
            continue;
        vonk_buffer text = {0};
        vonk_buffer_printf(&text,
                           "Optimization rule '%s' was not excluded from the optimizer because "
                           "this rule is a non-excludable rule.\n",
                           rule);
        tell(s, &text);
    }
}

vonk_optimizer_log vonk_optimizer_log_of(vonk_session *s)
{
    vonk_optimizer_log log = {.context = s};
    if (!s->log)
        return log;
    tell_needed(s);
    const char *level = vonk_conf_get(s->conf, "spark.sql.planChangeLog.level");
    if (!strcasecmp(level, "warn") || !strcasecmp(level, "error"))
        log.changed = changed;
    return log;
}
