#include "editlog/segment_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/result.h"
#include "editlog/frame_chain.h"
#include "editlog/segment_names.h"

namespace varve {
namespace {

std::shared_ptr<File> shared(kj::Own<File> file) {
  auto owner = std::make_shared<kj::Own<File>>(kj::mv(file));
  return {owner, owner->get()};
}

// Cuts giant frames: the next block is whole pieces, or parts of them, that make up at most kBlockBytesMax.
class BlockCutter {
 public:
  explicit BlockCutter(const std::vector<Bytes>& pieces) : pieces_(pieces) {}

  bool at_end() const { return next_ == pieces_.size(); }
  std::vector<Bytes> cut() {
    std::vector<Bytes> block;
    for (std::size_t room = kBlockBytesMax; room > 0 && !at_end();) {
      const Bytes piece = pieces_[next_].subspan(done_in_next_);
      const Bytes part = piece.first(std::min(piece.size(), room));
      block.push_back(part);
      room -= part.size();
      done_in_next_ += part.size();
      if (part.size() == piece.size()) {
        ++next_;
        done_in_next_ = 0;
      }
    }
    return block;
  }

 private:
  const std::vector<Bytes>& pieces_;
  std::size_t next_ = 0;
  std::size_t done_in_next_ = 0;
};

std::uint64_t total_bytes(const std::vector<Bytes>& pieces) {
  std::uint64_t total = 0;
  for (Bytes piece : pieces) total += piece.size();
  return total;
}

}  // namespace

// Marks an operation as under way; when it is destroyed before settle(), the operation was dropped and the file is in doubt.
class SegmentWriter::Operation {
 public:
  Operation(SegmentWriter& writer, std::string_view doing) : writer_(writer), doing_(doing) { writer_.under_way_ = true; }
  Operation(const Operation&) = delete;
  ~Operation() {
    if (!settled_)
      writer_.failure_ = Error(ErrorCode::kIo, fmt::format("{} {} was given up half-way: reopen the log", doing_, writer_.name_));
    writer_.under_way_ = false;
  }
  Result<void> settle(Result<void> result) {
    settled_ = true;
    if (!result) writer_.failure_ = result.error().within(fmt::format("{} {}", doing_, writer_.name_));
    return writer_.failure_ ? Result<void>(fail(*writer_.failure_)) : ok();
  }

 private:
  SegmentWriter& writer_;
  std::string_view doing_;
  bool settled_ = false;
};

SegmentWriter::SegmentWriter(kj::Own<File> file, std::string name, SegmentContents contents, std::uint64_t file_bytes)
    : file_(shared(kj::mv(file))), name_(std::move(name)), contents_(std::move(contents)), file_bytes_(file_bytes) {}

Task<Result<kj::Own<SegmentWriter>>> SegmentWriter::begin(PreparedSegment prepared, SegmentHeader header) {
  CHECK(prepared.namespace_id() == header.namespace_id && header.self == header.compute_self());
  AlignedBuffer buffer(sizeof(header));
  std::memcpy(buffer.data(), &header, sizeof(header));
  std::vector<Bytes> pieces{buffer.span(0, sizeof(header))};
  CO_TRY(co_await prepared.file().write_durably(0, std::move(pieces)));
  std::string name = prepared.name();
  const std::uint64_t file_bytes = prepared.file_bytes();
  co_return kj::heap<SegmentWriter>(std::move(prepared).take_file(), std::move(name), SegmentContents(header), file_bytes);
}

Task<Result<kj::Own<SegmentWriter>>> SegmentWriter::open_new(Directory& directory, PreparedSegment prepared, SegmentHeader header,
                                                             std::vector<FramePtr> frames, RunOn where) {
  CHECK(!frames.empty() && frames.front()->header().rolls());
  CO_ASSIGN_OR_RETURN(kj::Own<SegmentWriter> writer, co_await begin(kj::mv(prepared), header));
  CO_TRY(co_await writer->append(std::move(frames), where));
  CO_TRY(co_await writer->publish(directory));
  co_return kj::mv(writer);
}

kj::Own<SegmentWriter> SegmentWriter::resume(kj::Own<File> file, std::string name, SegmentContents contents, std::uint64_t file_bytes) {
  CHECK(contents.end() + contents.footer_bytes() <= file_bytes, contents.end(), file_bytes);
  return kj::heap<SegmentWriter>(kj::mv(file), std::move(name), std::move(contents), file_bytes);
}

std::uint64_t SegmentWriter::space() const {
  const std::uint64_t end_max = frames_end_max(file_bytes_);
  return end_max > contents_.end() ? end_max - contents_.end() : 0;
}

std::optional<Error> SegmentWriter::refusal() const {
  CHECK(!under_way_ && !finalized_, name_);
  return failure_;
}

Task<Result<void>> SegmentWriter::append(std::vector<FramePtr> frames, RunOn where) {
  std::vector<const FrameHeader*> headers;
  std::vector<Bytes> pieces;
  for (const FramePtr& frame : frames) {
    headers.push_back(&frame->header());
    pieces.push_back(frame->bytes());
  }
  co_return co_await write_frames(headers, pieces, where);
}

Task<Result<void>> SegmentWriter::append_views(std::vector<FrameView> frames) {
  std::vector<const FrameHeader*> headers;
  std::vector<Bytes> pieces;
  for (const FrameView& frame : frames) {
    headers.push_back(frame.header);
    pieces.push_back(frame.bytes());
  }
  co_return co_await write_frames(headers, pieces, RunOn::kDiskThread);
}

void SegmentWriter::check_chain(const std::vector<const FrameHeader*>& headers) const {
  FrameChain chain(contents_.last(), contents_.header().lineage);
  bool first = contents_.empty();
  for (const FrameHeader* header : headers) {
    const auto objection = chain.objection(*header);
    CHECK(!objection, objection.value_or(""));
    CHECK(header->namespace_id == contents_.header().namespace_id && header->rolls() == first, name_, header->first_txid);
    chain.advance(*header);
    first = false;
  }
}

Task<Result<void>> SegmentWriter::write_frames(const std::vector<const FrameHeader*>& headers, const std::vector<Bytes>& pieces,
                                               RunOn where) {
  if (auto error = refusal()) co_return fail(*std::move(error));
  check_chain(headers);
  CHECK(total_bytes(pieces) <= space(), total_bytes(pieces), space());
  Operation operation(*this, "appending to");
  Result<void> written = co_await write_pieces(pieces, where);
  if (written)
    for (const FrameHeader* header : headers) contents_.add(*header);
  co_return operation.settle(std::move(written));
}

Task<Result<void>> SegmentWriter::write_pieces(const std::vector<Bytes>& pieces, RunOn where) {
  if (pieces.empty()) co_return ok();
  std::uint64_t offset = contents_.end();
  const bool giant = std::any_of(pieces.begin(), pieces.end(), [](Bytes piece) { return piece.size() > kBlockBytesMax; });
  if (!giant) co_return co_await file_->write_durably(offset, pieces, where);
  BlockCutter blocks(pieces);
  for (std::vector<Bytes> block = blocks.cut(); !block.empty(); block = blocks.cut()) {
    const std::uint64_t bytes = total_bytes(block);
    CO_TRY(co_await file_->write(offset, std::move(block), where));
    offset += bytes;
  }
  co_return co_await file_->sync();
}

Task<Result<void>> SegmentWriter::publish(Directory& directory) {
  if (auto error = refusal()) co_return fail(*std::move(error));
  Operation operation(*this, "giving its name to");
  std::string name = in_progress_name(contents_.first());
  Result<void> done = co_await directory.rename(name_, name);
  if (done) {
    name_ = std::move(name);
    done = co_await directory.sync();
  }
  co_return operation.settle(std::move(done));
}

Task<Result<void>> SegmentWriter::finalize(Directory& directory) {
  if (auto error = refusal()) co_return fail(*std::move(error));
  CHECK(!contents_.empty() && name_ == in_progress_name(contents_.first()), name_);
  Operation operation(*this, "finalizing");
  Result<void> done = co_await write_footer();
  if (done) done = co_await clear_preallocation();
  if (done) done = co_await rename_to_final(directory);
  finalized_ = done.has_value();
  co_return operation.settle(std::move(done));
}

Task<Result<void>> SegmentWriter::write_footer() {
  const AlignedBuffer footer = contents_.footer();
  std::vector<Bytes> pieces{footer.span(0, contents_.footer_bytes())};
  co_return co_await file_->write_durably(contents_.end(), std::move(pieces));
}

Task<Result<void>> SegmentWriter::clear_preallocation() {
  AlignedBuffer zeros(sizeof(PreallocationRecord));
  std::memset(zeros.data(), 0, sizeof(PreallocationRecord));
  std::vector<Bytes> pieces{zeros.span(0, sizeof(PreallocationRecord))};
  CO_TRY(co_await file_->write(kPreallocationOffset, std::move(pieces)));
  CO_TRY(co_await file_->truncate(contents_.end() + contents_.footer_bytes()));
  file_bytes_ = contents_.end() + contents_.footer_bytes();
  co_return co_await file_->sync();
}

Task<Result<void>> SegmentWriter::rename_to_final(Directory& directory) {
  std::string name = finalized_name(contents_.first(), contents_.last().txid);
  CO_TRY(co_await directory.rename(name_, name));
  name_ = std::move(name);
  co_return co_await directory.sync();
}

void SegmentWriter::check_invariants() const {
  contents_.check_invariants();
  CHECK(contents_.end() + contents_.footer_bytes() <= file_bytes_, contents_.end(), file_bytes_);
  CHECK(finalized_ || contents_.end() <= frames_end_max(file_bytes_), contents_.end(), file_bytes_);
}

}  // namespace varve
