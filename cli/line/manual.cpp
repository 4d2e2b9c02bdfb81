// The man page.
#include "cli/line/help.h"
#include "cli/line/language.h"
#include "cli/line/reference.h"

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

std::string options_of(const Command &command) {
    std::string out;
    for (const Operand &operand : command.operands)
        out += tagged("\\fI" + plain(operand.name) + "\\fR", tr(operand.help));
    for (const Group &group : command.groups) {
        out += ".SS \"" + std::string(tr(group.title)) + "\"\n";
        for (const Option &option : group.options) out += tagged(head_of(option), description_of(option));
    }
    return out;
}

} // namespace

std::string man_page(const std::string &version) {
    std::string out = ".\\\" Made by the build from the table of options (cli/line/options.cpp).\n";
    out += ".TH FERRY 1 \"\" \"ferry " + version + "\" \"" + tr("User commands") + "\"\n.ad l\n.nh\n";
    out += section(tr("NAME")) + "ferry \\- " + plain(tr("container images without Docker")) + "\n";
    out += section(tr("SYNOPSIS"));
    for (const Command &one : commands()) out += ".br\n\\fBferry\\fR " + plain(one.usage) + "\n";
    out += section(tr("DESCRIPTION")) + paragraph(tr(commands().front().summary));
    out += section(tr("OPTIONS")) + options_of(commands().front());
    for (std::size_t i = 1; i < commands().size(); ++i) {
        const Command &one = commands()[i];
        out += section("ferry " + std::string(one.name)) + "\\fBferry\\fR " + plain(one.usage) + "\n" +
               paragraph(tr(one.summary)) + options_of(one);
    }
    out += section(tr("ENVIRONMENT"));
    out += tagged("\\fBFERRY_...\\fR",
                  tr("the value of an option that is not given: the variable stands in brackets behind it; the "
                     "same name in lower case without FERRY_ is its key in the settings file"));
    out += tagged("\\fBFERRY_PASSWORD\\fR", tr("the password of -u"));
    out += tagged("\\fBFERRY_PLUGIN_DIR\\fR, \\fBFERRY_PLUGIN_PATH\\fR",
                  tr("folders with plugins, with colons between them"));
    out += tagged("\\fBHTTP_PROXY\\fR, \\fBHTTPS_PROXY\\fR, \\fBALL_PROXY\\fR, \\fBNO_PROXY\\fR",
                  tr("proxies, in lower or upper case, where --proxy and --no-proxy are not given"));
    out += tagged("\\fBREQUESTS_CA_BUNDLE\\fR, \\fBCURL_CA_BUNDLE\\fR, \\fBSSL_CERT_FILE\\fR",
                  tr("as --ca-cert, where that is not given"));
    out += tagged("\\fBDOCKER_CONFIG\\fR, \\fBREGISTRY_AUTH_FILE\\fR",
                  tr("where the logins of docker login and podman login are"));
    out += tagged("\\fBLC_ALL\\fR, \\fBLC_MESSAGES\\fR, \\fBLANG\\fR, \\fBLANGUAGE\\fR",
                  tr("the language, where --lang is not given"));
    out += tagged("\\fBNO_COLOR\\fR, \\fBTERM\\fR, \\fBCI\\fR",
                  tr("no colours; no bars on a terminal that is dumb or in a CI pipeline"));
    out += section(tr("FILES"));
    out += tagged("\\fI$XDG_CONFIG_HOME/ferry/ferry.properties\\fR",
                  tr("settings: lines of key = value, # begins a comment"));
    out += tagged("\\fIDIR/docker_pull.log\\fR", tr("log of what was done, in the folder of the archive"));
    out += tagged("\\fINAME.tar.part\\fR, \\fINAME.tar.part.journal\\fR",
                  tr("an unfinished archive; the same command goes on from it"));
    out += section(tr("EXIT STATUS"));
    for (const ExitCode &code : exit_codes())
        out += tagged("\\fB" + std::to_string(code.code) + "\\fR", tr(code.meaning));
    out += section(tr("EXAMPLES"));
    for (const Example &example : examples()) out += tagged("\\fB" + plain(example.line) + "\\fR", tr(example.meaning));
    return out;
}

} // namespace ferry::cli
