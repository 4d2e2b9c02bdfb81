// How many connections to use, from what they bring. Pure: samples in, a number out.
//
// It starts at two and doubles as long as that brings a quarter more. From then on it adds one at a time, as long as
// the last step brought a tenth more, or half of what a connection brings where that is less. A step that brought
// nothing is taken back, and tried again later, since links change. A server that complains halves the number.
#pragma once

namespace ferry::core {

class Tuner {
public:
    explicit Tuner(int most) : most_(most), limit_(most < 2 ? most : 2) {}

    int limit() const noexcept { return limit_; }
    // The bytes a second over the last interval. Returns the new limit.
    int sample(double rate) noexcept;
    // A 429 or 5xx came.
    int punish() noexcept;

private:
    void rest(int samples) noexcept;

    static constexpr double doubling_gain = 0.25; // what a doubling has to bring
    static constexpr double most_gain = 0.10;     // what a step has to bring
    static constexpr int patience = 3;            // samples that a step has to show a gain
    static constexpr int rest_after_step = 25;    // samples before a step that was taken back is tried again
    static constexpr int rest_punished = 50;      // the same after a complaint

    int most_;
    int limit_;
    int step_ = 0; // the last one, on trial
    bool doubling_ = true;
    double before_ = 0; // best rate before the last step
    double best_ = 0;   // best rate since
    int waited_ = 0;
    int resting_ = 0;
};

} // namespace ferry::core
