// The demo's fixed sequence of transactions: the life of a cluster, the same for the process that is killed and for its judge.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "varve/error.h"
#include "varve/rm_types.h"

namespace varve {

class TraceReplay;

class Sequence {
 public:
  // `trace`: a CSV file with the columns of openb_pod_list_default.csv; empty: the built-in generator.
  static Result<Sequence> open(const std::string& trace, std::uint64_t transactions, std::uint64_t seed);
  Sequence(Sequence&&) noexcept;
  ~Sequence();

  // Nothing at the end.
  std::optional<rm::Transaction> next();
  // Transactions given out, or skipped.
  std::uint64_t position() const { return position_; }
  void skip_to(std::uint64_t position) { position_ = position; }

 private:
  Sequence(std::unique_ptr<TraceReplay> replay, std::uint64_t transactions);

  std::unique_ptr<TraceReplay> replay_;
  std::uint64_t transactions_;
  std::uint64_t position_ = 0;
};

}  // namespace varve
