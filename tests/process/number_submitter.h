// Keeps numbered transactions under way in one reign, and writes down outside what became of each.
//
// Threads: the event loop's.
// Errors:  run(): what ended the reign. A contradiction with what another process wrote down is kept in contradiction().
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/seams.h"
#include "base/task.h"
#include "base/tasks.h"
#include "journal/journal.h"
#include "tests/process/outside_record.h"

namespace varve {

struct NumberLoad {
  std::uint64_t count = ~std::uint64_t{0};
  std::uint64_t in_flight = 64;
  std::uint64_t frame_transactions = 8;
  std::chrono::nanoseconds interval{0};  // between frames
};

class NumberSubmitter {
 public:
  NumberSubmitter(Seams seams, JournalWriter& writer, OutsideRecord& record, NumberLoad load)
      : seams_(seams), writer_(writer), record_(record), load_(load) {}

  // Until `count` are done, or one fails.
  Task<Result<void>> run();
  // Asks what became of those that ended as unknown, until a later writer has decided it for all of them.
  Task<Result<void>> resolve(Journal& journal, std::chrono::nanoseconds patience);

  std::size_t unknown() const { return unknown_.size(); }
  const std::string& contradiction() const { return contradiction_; }

 private:
  struct Unknown {
    std::vector<std::uint64_t> numbers;
    Ticket ticket;
  };

  bool may_submit() const { return under_way_ < load_.in_flight && submitted_ < load_.count && !error_; }
  void submit_frame();
  kj::Promise<void> wait_for_change();
  void take(std::vector<std::uint64_t> numbers, Result<FramePtr> done);
  void acknowledge(std::uint64_t number);
  void found_missing(std::uint64_t number);

  Seams seams_;
  JournalWriter& writer_;
  OutsideRecord& record_;
  const NumberLoad load_;
  std::uint64_t submitted_ = 0;
  std::uint64_t under_way_ = 0;
  std::vector<Unknown> unknown_;
  std::optional<Error> error_;
  std::string contradiction_;
  kj::Own<kj::PromiseFulfiller<void>> changed_;
  Tasks tasks_;  // destroyed first
};

}  // namespace varve
