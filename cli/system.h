// What the operating system decides for the program: its own path, the terminal, signals.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <thread>

namespace ferry::cli {

// Takes the places of standard input, output and error that are closed, so that no file that is opened later gets one
// of them, and with it what is printed. Reading and writing there fail as before. To be called before anything is
// opened.
void hold_standard_descriptors();
// Was standard output closed when the program started?
bool output_closed();

// The absolute path of this program.
std::string executable_path();

bool is_terminal(int fd);
// Is there a person to answer questions: standard input and standard error are a terminal.
bool can_ask();

struct TerminalSize {
    int columns = 80;
    int rows = 24;
};
TerminalSize terminal_size(int fd);

// A line typed after a question on standard error. Nothing at the end of the input, or when the stop was requested.
std::optional<std::string> read_answer(const std::string &question, const std::stop_token &stop);

// A line typed on the terminal without being shown; empty when there is no terminal, or when the stop was requested.
std::string read_hidden(const std::string &prompt, const std::stop_token &stop = {});

// Turns the first SIGINT, SIGTERM or SIGHUP into a stop request; the second ends the process at once with 130. One that
// was ignored when the program started (by nohup, or by a shell for what it runs in the background) stays ignored. Must
// be made before any other thread, so that all of them leave these signals to it. SIGPIPE and SIGXFSZ are ignored from
// then on: writing fails instead.
class Signals {
public:
    Signals();
    ~Signals();
    Signals(const Signals &) = delete;
    Signals &operator=(const Signals &) = delete;

    std::stop_token token() const { return stop_.get_token(); }

private:
    std::stop_source stop_;
    std::jthread watcher_;
};

} // namespace ferry::cli
