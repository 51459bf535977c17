#include "journal/shared_writer.h"

#include "base/result.h"

namespace varve {

kj::Promise<Result<FramePtr>> SharedWriter::append(FrameBuilder&& transactions, RunOn where) {
  if (reign_->over()) return Result<FramePtr>(fail(*reign_->over()));
  return writer_.append(kj::mv(transactions), where);
}

kj::Promise<Result<void>> SharedWriter::close() {
  return writer_.close().then([this](Result<void>&& closed) -> kj::Promise<Result<void>> {
    if (!closed) return Result<void>(kj::mv(closed));
    return reign_->announce();
  });
}

Task<Result<void>> SharedWriter::begin(std::string epoch_start) {
  auto started = co_await writer_.append_control(FrameKind::kEpochStart, std::move(epoch_start));
  // Nothing of a user's is lost with it.
  if (!started && reign_->over()) co_return fail(*reign_->over());
  if (!started) co_return fail(started.error());
  co_return co_await reign_->announce();
}

}  // namespace varve
