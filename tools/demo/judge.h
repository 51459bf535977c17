// Knows the sequence of transactions and what the state must be after each of them, and judges what a recovered process shows.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tools/demo/sequence.h"
#include "tools/demo/state_model.h"

namespace varve {

struct Verdict {
  std::uint64_t position = 0;  // the state is that after so many transactions
  std::uint64_t lost = 0;      // acknowledged, and not in it
  bool wrong = false;          // it is that after no number of transactions that was ever possible
};

class Judge {
 public:
  explicit Judge(Sequence sequence) : sequence_(std::move(sequence)) {}

  // `acknowledged` and `submitted`: positions when the process died. What was under way may be there, in order, or not.
  // Afterwards the sequence is expected to go on from the verdict's position.
  Verdict judge(const StateHash& found, std::uint64_t acknowledged, std::uint64_t submitted);

  std::uint64_t position() const { return sequence_.position(); }

 private:
  void step();

  Sequence sequence_;
  StateModel model_;
};

}  // namespace varve
