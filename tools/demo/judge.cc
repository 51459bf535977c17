#include "tools/demo/judge.h"

#include "base/check.h"

namespace varve {

void Judge::step() {
  const auto transaction = sequence_.next();
  CHECK(transaction.has_value(), sequence_.position());
  for (const rm::Operation& operation : *transaction) model_.apply(operation);
}

Verdict Judge::judge(const StateHash& found, std::uint64_t acknowledged, std::uint64_t submitted) {
  std::optional<std::uint64_t> earlier;  // a state from before the last acknowledgement
  while (true) {
    const bool match = model_.hash() == found;
    if (position() >= acknowledged) {
      if (match) return {position(), 0, false};
      if (position() >= submitted) break;
    } else if (match) {
      earlier = position();
    }
    step();
  }
  if (earlier) return {*earlier, acknowledged - *earlier, false};
  return {position(), 0, true};
}

}  // namespace varve
