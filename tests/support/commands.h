// The commands of the program as a user types them.
#pragma once

#include "cli/commands/table.h"
#include "cli/line/parser.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace ferry::test {

// No setting of the developer's counts.
class CommandTest : public testing::Test {
protected:
    CommandTest() {
        ::setenv("XDG_CONFIG_HOME", "/nowhere", 1);
        for (const cli::Command &one : cli::program().commands)
            for (const cli::Option *option : cli::options_of(one))
                if (const std::string name = cli::variable_of(*option); !name.empty()) ::unsetenv(name.c_str());
    }

    static cli::Values read(const std::string &name, const std::vector<std::string> &arguments) {
        return cli::parse(cli::program(), *cli::program().find(name), arguments);
    }
};

} // namespace ferry::test
