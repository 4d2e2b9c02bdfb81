// One connection of a test's server, which never has more under way than its client may lose.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ferry::test {

// The server's end. All calls return early once `stop` is readable.
class FaultConnection {
public:
    // Takes the socket over. `window`: bytes sent that the client need not have read yet.
    FaultConnection(int fd, int stop, std::size_t window);
    ~FaultConnection();
    FaultConnection(const FaultConnection &) = delete;
    FaultConnection &operator=(const FaultConnection &) = delete;

    // The next request with its body; empty when the client is gone.
    std::string request();
    // At once, up to what the window leaves; returns the bytes handed over, 0 when the client is gone.
    std::size_t send_some(std::string_view bytes);
    bool send(std::string_view bytes);
    // Waits, or until the client closes.
    void pause(int ms);
    void hold();
    // Ends with a TCP reset.
    void reset();

private:
    std::size_t under_way();
    bool ready(short events, int ms);

    int fd_;
    int stop_;
    int diag_ = -1; // asks the kernel about the client's end
    std::size_t window_;
    std::string rest_;
    std::string question_;
};

} // namespace ferry::test
