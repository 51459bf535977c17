#include "tools/segment_view.h"

#include "base/result.h"

namespace varve {

namespace {

// Which namespace the file says it belongs to; what it says is verified by whoever reads on with it.
Task<Result<Uuid>> claimed_namespace(File& file) {
  SegmentHeader header;
  CO_ASSIGN_OR_RETURN(const std::size_t bytes, co_await file.read(0, std::as_writable_bytes(std::span(&header, 1))));
  co_return bytes == sizeof(header) ? header.namespace_id : Uuid{};
}

}  // namespace

Task<Result<kj::Own<SegmentView>>> SegmentView::open(Directory& directory, std::string name) {
  CO_ASSIGN_OR_RETURN(auto file, co_await directory.open(name, OpenMode{}));
  CO_ASSIGN_OR_RETURN(const Uuid namespace_id, co_await claimed_namespace(*file));
  CO_ASSIGN_OR_RETURN(SegmentHead head, co_await read_segment_head(*file, namespace_id));
  auto view = kj::heap<SegmentView>(kj::mv(file), std::move(head));
  if (view->in_progress()) co_return kj::mv(view);
  auto footer = co_await read_segment_footer(*view->file_, view->head_);
  if (footer) {
    view->footer_ = std::move(*footer);
  } else if (footer.error().code() == ErrorCode::kIo) {
    co_return fail(footer.error());
  } else {
    view->footer_damage_ = footer.error();
  }
  co_return kj::mv(view);
}

SegmentRange SegmentView::frames() const {
  const SegmentHeader& header = head_.header;
  SegmentRange range{.namespace_id = header.namespace_id, .lineage = header.lineage};
  if (in_progress()) range.salt = head_.preallocation->salt;
  range.end_offset = footer_ ? footer_->trailer.frames_end : round_down(head_.file_bytes, kSectorBytes);
  range.before = {header.first().previous(), Epoch{}, header.previous};
  return range;
}

SegmentRange SegmentView::frames_from(TxId txid) const {
  SegmentRange range = frames();
  if (!footer_ || txid <= head_.header.first()) return range;
  const IndexEntry entry = find_in_index(footer_->index, txid);
  if (entry.offset == range.offset) return range;
  range.offset = entry.offset;
  range.before = {TxId{entry.first_txid}.previous(), Epoch{}, std::nullopt};
  return range;
}

}  // namespace varve
