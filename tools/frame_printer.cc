#include "tools/frame_printer.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/result.h"
#include "editlog/control.h"
#include "tools/control_printer.h"
#include "tools/record_field.h"
#include "tools/wall_time.h"

namespace varve {

Result<void> FramePrinter::begin_segment(const FrameView& first) {
  records_.reset();
  schema_.reset();
  opaque_ = false;
  undecoded_ = 0;
  TransactionCursor transactions = first.transactions();
  if (first.header->frame_kind() != FrameKind::kSegmentStart || !transactions.next())
    return fail(ErrorCode::kDamaged, "the first frame does not say what the transactions mean; they are printed as bytes");
  ASSIGN_OR_RETURN(const SegmentStart start, decode_segment_start(transactions.bytes()));
  opaque_ = start.schema.empty();
  if (opaque_) return ok();
  ASSIGN_OR_RETURN(schema_, CompiledSchema::load(as_bytes(start.schema)));
  ASSIGN_OR_RETURN(const auto type, schema_->struct_type(start.transaction_type));
  records_.emplace(schema_.get(), type, options_.secrets);
  return ok();
}

void FramePrinter::print(const FrameView& frame) {
  for (TransactionCursor transactions = frame.transactions(); transactions.next();) {
    if (!options_.wants(transactions.txid())) continue;
    if (options_.json) {
      print_json(*frame.header, transactions.txid(), transactions.bytes());
    } else {
      print_text(*frame.header, transactions.txid(), transactions.bytes());
    }
  }
}

void FramePrinter::print_json(const FrameHeader& header, TxId txid, Bytes transaction) {
  JsonWriter json(out_);
  json.begin_object();
  json.field("txid", txid.value);
  json.field("epoch", header.epoch);
  json.field("time", to_utc(header.wall_us));
  json.field("kind", kind_name(header.frame_kind()));
  json.key("transaction");
  print_body(header, transaction, json);
  json.end_object();
  json.end_line();
}

void FramePrinter::print_text(const FrameHeader& header, TxId txid, Bytes transaction) {
  if (!titled_) out_.write(fmt::format("{:>12} {:>6}  {:<27}  {:<13}  TRANSACTION\n", "TXID", "EPOCH", "WRITTEN", "KIND"));
  titled_ = true;
  out_.write(fmt::format("{:>12} {:>6}  {}  {:<13}  ", txid.value, header.epoch, to_utc(header.wall_us), kind_name(header.frame_kind())));
  JsonWriter json(out_);
  print_body(header, transaction, json);
  json.end_line();
}

void FramePrinter::print_body(const FrameHeader& header, Bytes transaction, JsonWriter& json) {
  if (header.frame_kind() != FrameKind::kData) return print_control(header.frame_kind(), transaction, json);
  if (!print_record_field(records_ ? &*records_ : nullptr, opaque_, options_.secrets, transaction, json)) ++undecoded_;
}

}  // namespace varve
