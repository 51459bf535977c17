// Which log a candidate continues: protocol section 3, steps 2 and 3. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "editlog/control.h"
#include "journal/wire.h"

namespace varve {

// What one member answered to a promise.
struct PromiseAnswer {
  std::string address;
  wire::CopyState state;
  bool left_out = false;  // its frames could not be had
};

struct LogChoice {
  std::size_t best = 0;           // index into the answers
  Configuration configuration;    // of the best log
  LogPosition highest_committed;  // among all answers
};

// The choice, when the certain answers make a majority of the voters that the best log's configuration names; nullopt: wait for more.
// kDamaged: the chosen log ends below what an answer knows to be committed.
Result<std::optional<LogChoice>> choose_log(const std::vector<PromiseAnswer>& answers);

}  // namespace varve
