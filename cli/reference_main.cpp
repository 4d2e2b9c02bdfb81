// Run by the build: ferry_reference man-en|man-zh|bash|zsh|fish prints that file.
#include "cli/commands/table.h"
#include "cli/language/language.h"
#include "cli/line/completion.h"
#include "cli/line/manual.h"

#include <iostream>

int main(int argc, char **argv) {
    using namespace ferry::cli;
    const std::string kind = argc == 2 ? argv[1] : "";
    if (!speak(kind == "man-zh" ? Language::chinese : Language::english, catalogue_folder())) {
        std::cerr << "ferry_reference: no catalogue in " << catalogue_folder() << "\n";
        return 1;
    }
    if (kind == "man-en" || kind == "man-zh")
        std::cout << man_page(program(), FERRY_VERSION);
    else if (kind == "bash")
        std::cout << bash_completion(program());
    else if (kind == "zsh")
        std::cout << zsh_completion(program());
    else if (kind == "fish")
        std::cout << fish_completion(program());
    else
        return 2;
    return std::cout.flush() ? 0 : 1;
}
