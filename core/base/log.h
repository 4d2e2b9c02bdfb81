// The log file (docker_pull.log) and the debug log. The only file that knows spdlog.
//
// Every line passes a scrubber that blots out the secrets registered with hide(), and is tamed (tame.h): it stays one
// line. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ferry::core {

enum class Level { debug, info, warning, error };

class Log {
public:
    Log();
    ~Log();
    Log(const Log &) = delete;
    Log &operator=(const Log &) = delete;

    // Takes a whole line with its line end, one at a time.
    using Sink = std::function<void(std::string_view line)>;
    // Lines of at least `level` go to `sink`, too, from now on. To be called before others write to the log.
    void add(Sink sink, Level level);
    // The debug log on stderr as well.
    void echo(Level level);
    // Warnings are handed to `listener` as well, scrubbed and tamed, one at a time. For a front end that shows them.
    void listen(std::function<void(std::string_view)> listener);
    // `secret` never appears in any line from now on. Texts of fewer than 4 characters are ignored: blotting them out
    // would spoil ordinary words and tell their length.
    void hide(std::string_view secret);
    std::string scrub(std::string_view text) const;

    void write(Level level, std::string_view line);
    void debug(std::string_view line) { write(Level::debug, line); }
    void info(std::string_view line) { write(Level::info, line); }
    void warning(std::string_view line) { write(Level::warning, line); }
    void error(std::string_view line) { write(Level::error, line); }
    bool wants(Level level) const noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace ferry::core
