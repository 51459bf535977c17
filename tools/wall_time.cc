#include "tools/wall_time.h"

#include <fmt/format.h>

#include <chrono>

namespace varve {

std::string to_utc(std::uint64_t wall_us) {
  using namespace std::chrono;
  const sys_time<microseconds> time{microseconds(wall_us % (1ull << 62))};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

}  // namespace varve
