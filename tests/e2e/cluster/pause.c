/* The pod sandbox process: does nothing, reaps orphans, ends on TERM or INT. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void stop(int sig)
{
    _exit(sig == SIGTERM || sig == SIGINT ? 0 : 1);
}
static void reap(int sig)
{
    (void)sig;
    while (waitpid(-1, 0, WNOHANG) > 0) {
    }
}

int main(void)
{
    struct sigaction s = {.sa_handler = stop}, r = {.sa_handler = reap, .sa_flags = SA_NOCLDSTOP};
    sigaction(SIGTERM, &s, 0);
    sigaction(SIGINT, &s, 0);
    sigaction(SIGCHLD, &r, 0);
    for (;;)
        pause();
}
