// ferry: container images without Docker.
#include "cli/commands/help.h"
#include "cli/commands/other_programs.h"
#include "cli/commands/table.h"
#include "cli/language/language.h"
#include "cli/line/command_line.h"
#include "cli/line/language_choice.h"
#include "cli/line/parser.h"
#include "cli/line/settings.h"
#include "cli/show/events.h"
#include "cli/show/message.h"
#include "core/base/fault.h"
#include "core/os/standard_streams.h"

#include <ferry/text.hpp>

#include <algorithm>

namespace {

using ferry::core::Error;
using namespace ferry::cli;

using Words = std::vector<std::string>;

// The command that the first word names, or the standard one.
const Command &command_of(const Words &words) {
    const Command *named = words.empty() ? nullptr : program().find(words.front());
    return named ? *named : program().standard();
}

int run(const Words &words) {
    const bool named = !words.empty() && program().find(words.front());
    if (!named)
        if (const auto other = other_program(words)) throw Error(*other);
    const Command &command = command_of(words);
    const Values values = parse(program(), command, Words(words.begin() + named, words.end()));
    return values.flag("--help") ? print_help(program(), command) : command.run(program(), values);
}

// `ferry plugns list` is a pull of two images as far as anybody can tell; when it fails, the other reading is named.
Error with_command(Error error, const Words &words) {
    const std::string meant = words.empty() ? "" : mistyped_command(program(), words.front());
    if (meant.empty() || error.kind() == ferry::core::Kind::interrupted) return error;
    const ferry::Text question = ferry::say("did you mean the command `ferry {}`?", meant);
    error.remedy = error.remedy.empty() ? question : ferry::say("{}; {}", question, error.remedy);
    return error;
}

void speak_by(const Words &words) {
    const std::string settings = early_value(words, "--config");
    speak(language_for(early_value(words, "--lang"), settings.empty() ? default_settings_path() : settings),
          catalogue_folder());
}

int report(const Error &error, bool as_event) {
    if (as_event)
        print_error_event(error);
    else
        show_line(error_text(error));
    return static_cast<int>(error.kind());
}

} // namespace

int main(int argc, char **argv) {
    ferry::core::hold_standard_streams();
    bool events = false;
    try {
        const Words words(argv + 1, argv + argc);
        speak_by(words);
        events = command_of(words).events && std::find(words.begin(), words.end(), "--json") != words.end();
        try {
            return run(words);
        } catch (const Error &e) {
            throw with_command(e, words);
        }
    } catch (...) {
        return report(ferry::core::current_error(), events);
    }
}
