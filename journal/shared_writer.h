// The writer in a shared directory: a LocalWriter in its epoch's own log, that commits only what it synced before a newer epoch came up.
//
// Threads: the event loop's.
// Errors:  kFenced from the moment a newer epoch is seen; kOutcomeUnknown, with a ticket, for what was under way then.
#pragma once

#include <memory>
#include <string>

#include "base/seams.h"
#include "journal/local_writer.h"
#include "journal/shared_reign.h"

namespace varve {

class SharedWriter final : public JournalWriter {
 public:
  SharedWriter(Seams seams, std::shared_ptr<SharedReign> reign, RollPolicy roll, std::string segment_start)
      : reign_(std::move(reign)), writer_(seams, reign_->log(), roll, reign_->epoch(), std::move(segment_start), reign_.get()) {}
  ~SharedWriter() noexcept(false) override = default;

  Epoch epoch() const override { return writer_.epoch(); }
  LogPosition end() const override { return writer_.end(); }
  LogPosition committed() const override { return writer_.committed(); }
  kj::Promise<Result<FramePtr>> append(FrameBuilder&& transactions, RunOn where) override;
  kj::Promise<Error> when_over() override { return reign_->when_over(); }
  void roll() override { writer_.roll(); }
  kj::Promise<Result<void>> close() override;

  // Appends the EpochStart. When it resolves the reign has begun, and readers can know it.
  Task<Result<void>> begin(std::string epoch_start);

 private:
  const std::shared_ptr<SharedReign> reign_;
  LocalWriter writer_;
};

}  // namespace varve
