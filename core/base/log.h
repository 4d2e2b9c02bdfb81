// The log file (docker_pull.log) and the debug log. The only file that knows spdlog.
//
// Texts are written in the language of the translator that the front end hands over; lines for the debug log are
// English. Every line passes a scrubber that blots out the secrets registered with hide(), and is tamed (tame.h): it
// stays one line. Thread-safe.
#pragma once

#include <ferry/text.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ferry::core {

enum class Level { debug, info, warning, error };

class Log {
public:
    // `words` must outlive the log; null: English.
    explicit Log(const Translator *words = nullptr);
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
    void info(const Text &text) { write(Level::info, text); }
    void warning(const Text &text) { write(Level::warning, text); }
    void error(const Text &text) { write(Level::error, text); }
    const Translator *words() const noexcept { return words_; }
    bool wants(Level level) const noexcept;

private:
    void write(Level level, const Text &text);
    struct State;
    const Translator *words_;
    std::unique_ptr<State> state_;
};

} // namespace ferry::core
