#include "journal/history_reader.h"

#include <fmt/format.h>

#include "base/result.h"

namespace varve {

Error other_history(LogPosition after, Digest found) {
  return Error(
      ErrorCode::kDamaged,
      fmt::format("reading the log behind txid {}: the log continues a frame of digest {}, the image or reader has {} there: they are of "
                  "different histories; use an image that belongs to this journal",
                  after.txid.value, to_hex(found), to_hex(after.digest)));
}

kj::Promise<Result<std::vector<FrameView>>> HistoryReader::next() {
  if (proven_) return reader_->next();
  return first();
}

Task<Result<std::vector<FrameView>>> HistoryReader::first() {
  auto frames = co_await reader_->next();
  if (!frames || frames->empty()) co_return kj::mv(frames);
  const FrameHeader& header = *frames->front().header;
  if (header.first() != after_.txid.next())
    co_return fail(
        ErrorCode::kDamaged,
        fmt::format("reading the log behind txid {}: the log's frame there begins at txid {}, so {} is not the end of a frame; use an "
                    "image that belongs to this journal",
                    after_.txid.value, header.first_txid, after_.txid.value));
  if (header.previous != after_.digest) co_return fail(other_history(after_, header.previous));
  proven_ = true;
  co_return kj::mv(frames);
}

}  // namespace varve
