// Waiting a little for another core without sleeping: waking a sleeping core costs more than most of what is waited for.
#pragma once

#include <algorithm>
#include <chrono>

namespace varve {

inline void spin_pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// How long it is worth to spin, learnt from what waiting has cost: longer than `longest` is never worth it.
// Threads: one's own.
class SpinBudget {
 public:
  explicit SpinBudget(std::chrono::nanoseconds longest) : longest_(longest), now_(longest) {}

  // Spins until `ready()` or the budget is used up; the last answer of ready().
  template <typename Ready>
  bool spin(Ready ready) {
    if (ready()) return true;
    auto deadline = std::chrono::steady_clock::now() + now_;
    while (std::chrono::steady_clock::now() < deadline) {
      for (int i = 0; i < 16; ++i) {
        spin_pause();
        if (ready()) return true;
      }
    }
    return ready();
  }

  // Sleeps through `sleep()`; had spinning been enough, the next spin is twice as long, else half: who is mostly waited for by sleeping
  // ends up not spinning at all.
  template <typename Sleep>
  void sleep(Sleep sleep) {
    auto begin = std::chrono::steady_clock::now();
    sleep();
    bool short_enough = std::chrono::steady_clock::now() - begin < longest_;
    now_ = short_enough ? std::min(longest_, std::max(2 * now_, longest_ / 16)) : now_ / 2;
  }

 private:
  std::chrono::nanoseconds longest_;
  std::chrono::nanoseconds now_;
};

}  // namespace varve
