// The one table of commands and options. The parser, --help, the man pages and the completions of the shells are all
// made from it. Texts are English here, marked with later(), and translated where they are shown.
#pragma once

#include <string>
#include <vector>

namespace ferry::cli {

// What a shell can offer for a value.
enum class Complete {
    nothing,
    file,
    folder,
    format,    // ids of packers, as `ferry plugins list` names them
    backend,   // ids of registry backends, or auto
    transport, // ids of transports, or auto
    plugin,    // ids of all plugins
    platform,
    language,
    image
};

struct Option {
    const char *names;    // "-a,--arch"
    const char *value;    // what it takes, "ARCH"; "" for a flag
    const char *key;      // of FERRY_<KEY> and of the settings file; "": neither
    const char *fallback; // as shown; "": there is none
    const char *help;     // without a full stop
    Complete complete = Complete::nothing;
    bool many = false;       // may be given more than once
    int least = 0, most = 0; // of a number; 0 and 0: it takes none
    bool narrowed = false;   // a flag that may name what it is for: --insecure, or --insecure=HOST
};

struct Group {
    const char *title;
    std::vector<Option> options;
};

struct Operand {
    const char *name; // "IMAGE"
    const char *help;
    Complete complete = Complete::nothing;
    bool many = false;
    std::vector<const char *> words = {}; // the only ones that it can be
};

struct Command {
    const char *name;    // "pull"
    const char *usage;   // behind the word ferry: "[pull] IMAGE... [options]"
    const char *summary; // one sentence with its full stop
    std::vector<Operand> operands;
    std::vector<Group> groups;
};

// The first is what `ferry` does without a command.
const std::vector<Command> &commands();
// Throws std::out_of_range for a name that is not in the table.
const Command &command(const std::string &name);

bool is_command(const std::string &word);

struct ExitCode {
    int code;
    const char *meaning;
};
const std::vector<ExitCode> &exit_codes();

struct Example {
    const char *line;
    const char *meaning;
};
const std::vector<Example> &examples();

// "-a", "--arch"
std::vector<std::string> names_of(const Option &option);
// "--arch": what messages call it.
std::string long_name(const Option &option);
// "FERRY_ARCH", or empty.
std::string variable_of(const Option &option);
// What stands for itself among the values of a completion: languages, platforms.
std::vector<std::string> fixed_words(Complete complete);

} // namespace ferry::cli
