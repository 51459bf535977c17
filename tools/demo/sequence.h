// The demo's fixed sequence of transactions: the life of a cluster, the same for the process that is killed and for its judge.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "varve/error.h"
#include "varve/rm_types.h"

namespace varve {

class Sequence {
 public:
  // `trace`: a CSV file with the columns of openb_pod_list_default.csv; empty: the built-in generator.
  static Result<Sequence> open(const std::string& trace, std::uint64_t transactions, std::uint64_t seed);
  Sequence(Sequence&&) noexcept;
  ~Sequence();

  // Nothing at the end.
  std::optional<rm::Transaction> next();
  // Transactions given out, or skipped.
  std::uint64_t position() const;
  // Precondition: position is not below position().
  void skip_to(std::uint64_t position);

 private:
  struct State;
  explicit Sequence(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace varve
