/* The program in the image of `ferry demo`: a static executable for the machine that ferry is built for. */
#include <sys/utsname.h>
#include <unistd.h>

static void say(const char *text) {
    size_t size = 0;
    while (text[size]) ++size;
    while (size) {
        const ssize_t done = write(STDOUT_FILENO, text, size);
        if (done <= 0) _exit(1);
        text += done;
        size -= (size_t)done;
    }
}

int main(void) {
    struct utsname here;
    say("Hello from ferry!\n"
        "This image was made, served, pulled, verified and packed by ferry alone, without Docker and without a "
        "network.\n"
        "你好，这里是摆渡！这个镜像由 ferry 独自制作、提供、拉取、校验并打包：不需要 Docker，也不需要网络。\n");
    if (uname(&here) == 0) {
        say("It runs on ");
        say(here.sysname);
        say(" ");
        say(here.machine);
        say(".\n");
    }
    return 0;
}
