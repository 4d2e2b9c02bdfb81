#include "cli/commands/help.h"

#include "cli/commands/common_options.h"
#include "cli/line/help.h"
#include "cli/line/values.h"
#include "cli/show/output.h"
#include "core/os/terminal.h"

#include <algorithm>

namespace ferry::cli {

namespace {

int run_help(const Program &program, const Values &values) {
    const Command *command = program.find(values.text("COMMAND"));
    return print_help(program, command ? *command : program.standard());
}

} // namespace

int print_help(const Program &program, const Command &command) {
    // Lines that are longer are hard to read.
    constexpr int widest = 110, narrowest = 80, elsewhere = 100;
    const int columns =
        core::is_terminal(core::Standard::output) ? core::terminal_size(core::Standard::output).columns : elsewhere;
    const std::string text = help_text(program, command, std::clamp(columns, narrowest, widest));
    write_out(text.data(), text.size());
    return 0;
}

Command help_command(std::vector<const char *> names) {
    return {"help",
            "help [COMMAND] [options]",
            later("Shows the options of a command."),
            {{"COMMAND", later("name of the command; without one, pull"), Complete::nothing, false, std::move(names)}},
            {{later("Options"), {language_option, help_option}}},
            run_help};
}

} // namespace ferry::cli
