// What a table of commands and options consists of. The parser, --help, the man pages, the completions of the shells
// and main's dispatch are all made from one such table (cli/commands/table.cpp). Texts are English in it, marked with
// later(), and translated where they are shown. All functions are pure.
#pragma once

#include <string>
#include <vector>

namespace ferry::cli {

class Values;

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

struct Program;

struct Command {
    const char *name;    // "pull"
    const char *usage;   // behind the word ferry: "[pull] IMAGE... [options]"
    const char *summary; // one sentence with its full stop
    std::vector<Operand> operands;
    std::vector<Group> groups;
    // Does it, and returns the exit code. Throws core::Error. Not called for --help.
    int (*run)(const Program &program, const Values &values) = nullptr;
    bool events = false; // with --json on its line, a failure is printed as an event
};

struct ExitCode {
    int code;
    const char *meaning;
};

struct Example {
    const char *line;
    const char *meaning;
};

struct Program {
    std::vector<Command> commands;
    std::vector<ExitCode> exit_codes;
    std::vector<Example> examples;

    // What `ferry` does without the name of a command.
    const Command &standard() const { return commands.front(); }
    // Null for a word that names no command.
    const Command *find(const std::string &name) const;
    std::vector<std::string> names() const;
};

// The options of all groups, in the order of the help.
std::vector<const Option *> options_of(const Command &command);
// By one of its names ("-a", "--arch"), or by the key of the settings file. Null where there is none.
const Option *find_option(const Command &command, const std::string &name);
const Option *find_key(const Command &command, const std::string &key);

// "-a", "--arch"
std::vector<std::string> names_of(const Option &option);
// "--arch": what messages call it.
std::string long_name(const Option &option);
// "FERRY_ARCH", or empty.
std::string variable_of(const Option &option);
// Does each occurrence need a value behind it?
bool takes_value(const Option &option);

} // namespace ferry::cli
