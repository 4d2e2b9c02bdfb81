#include "cli/line/manual.h"

#include "cli/language/language.h"
#include "cli/line/help.h"

#include <ferry/text.hpp>

namespace ferry::cli {

namespace {

// As it stands in roff: no escape, no request.
std::string plain(const std::string &text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else
            out += c;
    }
    if (!out.empty() && (out[0] == '.' || out[0] == '\'')) out.insert(0, "\\&");
    return out;
}

std::string section(const std::string &title) {
    return ".SH \"" + title + "\"\n";
}

std::string paragraph(const std::string &text) {
    return ".PP\n" + plain(text) + "\n";
}

std::string tagged(const std::string &head, const std::string &text) {
    return ".TP\n" + head + "\n" + plain(text) + "\n";
}

std::string head_of(const Option &option) {
    std::string out;
    for (const std::string &name : names_of(option)) out += (out.empty() ? "\\fB" : ", \\fB") + plain(name) + "\\fR";
    if (option.narrowed) return out + "[=\\fIHOST\\fR]";
    return *option.value ? out + " \\fI" + plain(option.value) + "\\fR" : out;
}

std::string options_section(const Command &command) {
    std::string out;
    for (const Operand &operand : command.operands)
        out += tagged("\\fI" + plain(operand.name) + "\\fR", tr(operand.help));
    for (const Group &group : command.groups) {
        out += ".SS \"" + std::string(tr(group.title)) + "\"\n";
        for (const Option &option : group.options) out += tagged(head_of(option), description_of(option));
    }
    return out;
}

std::string command_section(const Command &command) {
    return section("ferry " + std::string(command.name)) + "\\fBferry\\fR " + plain(command.usage) + "\n" +
           paragraph(tr(command.summary)) + options_section(command);
}

std::string environment_section() {
    return section(tr("ENVIRONMENT")) +
           tagged("\\fBFERRY_...\\fR",
                  tr("the value of an option that is not given: the variable stands in brackets behind it; the "
                     "same name in lower case without FERRY_ is its key in the settings file")) +
           tagged("\\fBFERRY_PASSWORD\\fR", tr("the password of -u")) +
           tagged("\\fBFERRY_PLUGIN_DIR\\fR, \\fBFERRY_PLUGIN_PATH\\fR",
                  tr("folders with plugins, with colons between them")) +
           tagged("\\fBHTTP_PROXY\\fR, \\fBHTTPS_PROXY\\fR, \\fBALL_PROXY\\fR, \\fBNO_PROXY\\fR",
                  tr("proxies, in lower or upper case, where --proxy and --no-proxy are not given")) +
           tagged("\\fBREQUESTS_CA_BUNDLE\\fR, \\fBCURL_CA_BUNDLE\\fR, \\fBSSL_CERT_FILE\\fR",
                  tr("as --ca-cert, where that is not given")) +
           tagged("\\fBDOCKER_CONFIG\\fR, \\fBREGISTRY_AUTH_FILE\\fR",
                  tr("where the logins of docker login and podman login are")) +
           tagged("\\fBLC_ALL\\fR, \\fBLC_MESSAGES\\fR, \\fBLANG\\fR, \\fBLANGUAGE\\fR",
                  tr("the language, where --lang is not given")) +
           tagged("\\fBNO_COLOR\\fR, \\fBTERM\\fR, \\fBCI\\fR",
                  tr("no colours; no bars on a terminal that is dumb or in a CI pipeline"));
}

std::string files_section() {
    return section(tr("FILES")) +
           tagged("\\fI$XDG_CONFIG_HOME/ferry/ferry.properties\\fR",
                  tr("settings: lines of key = value, # begins a comment")) +
           tagged("\\fIDIR/docker_pull.log\\fR", tr("log of what was done, in the folder of the archive")) +
           tagged("\\fINAME.tar.part\\fR, \\fINAME.tar.part.journal\\fR",
                  tr("an unfinished archive; the same command resumes it"));
}

} // namespace

std::string man_page(const Program &program, const std::string &version) {
    const Command &standard = program.standard();
    std::string out = ".\\\" Made by the build from the table of options (cli/commands).\n";
    out += ".TH FERRY 1 \"\" \"ferry " + version + "\" \"" + tr("User commands") + "\"\n.ad l\n.nh\n";
    out += section(tr("NAME")) + "ferry \\- " + plain(tr("container images without Docker")) + "\n";
    out += section(tr("SYNOPSIS"));
    for (const Command &one : program.commands) out += ".br\n\\fBferry\\fR " + plain(one.usage) + "\n";
    out += section(tr("DESCRIPTION")) + paragraph(tr(standard.summary));
    out += section(tr("OPTIONS")) + options_section(standard);
    for (const Command &one : program.commands)
        if (&one != &standard) out += command_section(one);
    out += environment_section() + files_section();
    out += section(tr("EXIT STATUS"));
    for (const ExitCode &code : program.exit_codes)
        out += tagged("\\fB" + std::to_string(code.code) + "\\fR", tr(code.meaning));
    out += section(tr("EXAMPLES"));
    for (const Example &example : program.examples)
        out += tagged("\\fB" + plain(example.line) + "\\fR", tr(example.meaning));
    return out;
}

} // namespace ferry::cli
