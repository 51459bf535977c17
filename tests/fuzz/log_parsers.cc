// Frames, segments, slots, VERSION, control transactions.
#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "base/check.h"
#include "editlog/control.h"
#include "editlog/frame.h"
#include "editlog/slots.h"
#include "editlog/version_file.h"
#include "tests/fuzz/entry_points.h"
#include "tests/fuzz/exact_bytes.h"
#include "tests/fuzz/reseal.h"
#include "tests/fuzz/the_world.h"
#include "tools/log_cat.h"
#include "tools/log_verify.h"

namespace varve::fuzz {

namespace {

bool parse_frame(Bytes frame) {
  if (frame.size() < sizeof(FrameHeader)) return false;
  const auto header = load_as<FrameHeader>(frame);
  if (check_header(header, header.namespace_id)) return false;
  CHECK(header.body_bytes <= kBodyBytesLimit, header.body_bytes);
  if (frame.size() - sizeof(FrameHeader) < header.body_bytes) return false;
  const Bytes body = frame.subspan(sizeof(FrameHeader), header.body_bytes);
  if (!body_is_well_formed(header, body)) return false;
  std::uint64_t transactions = 0;
  TransactionCursor cursor(body, header.first());
  while (cursor.next()) ++transactions;
  CHECK(cursor.at_end() && transactions == header.transactions, transactions, header.transactions);
  return true;
}

// As `varve log verify FILE` does it.
bool parse_segment(Bytes bytes) {
  const std::string path = "/log/segment";
  the_world().disk().add_directory("/log");
  the_world().disk().write_all(path, bytes);
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  StandardOutput out(null);
  StandardOutput problems(null);
  const ViewOptions options{.paths = {path}, .json = true};
  Viewer viewer(the_world().seams(), options, out, problems);
  the_world().wait(log_verify(viewer));
  the_world().wait(log_cat(viewer));
  ::close(null);
  return viewer.exit_status() == kExitFine;
}

bool parse_slot(Bytes slot) {
  const auto decoded = decode_slot(slot);
  if (!decoded) return false;
  CHECK(encode_slot(decoded->state, decoded->sequence) == as_text(slot.first(kSlotBytes)), "a slot has one form");
  return true;
}

template <typename T>
bool parse_control(Result<T> (*decode)(Bytes), Bytes bytes) {
  const Result<T> decoded = decode(bytes);
  if (!decoded) return false;
  const std::string again = encode(*decoded);
  const Result<T> decoded_again = decode(as_bytes(again));
  // Bytes of another type may decode to more empty members than a message of that size is believed to hold.
  if (decoded_again) CHECK(*decoded_again == *decoded, "what was decoded can be encoded");
  return true;
}

template <typename Parse, typename Reseal>
bool run_both(Bytes input, Parse parse, Reseal reseal) {
  ExactBytes bytes(input);
  const bool accepted = parse(bytes.bytes());
  reseal(bytes.mutable_bytes());
  parse(bytes.bytes());
  return accepted;
}

}  // namespace

bool run_frame(Bytes input) {
  return run_both(input, parse_frame, reseal_frame);
}

bool run_segment(Bytes input) {
  return run_both(input, parse_segment, reseal_segment);
}

bool run_slot(Bytes input) {
  return run_both(input, parse_slot, reseal_slot);
}

bool run_version(Bytes input) {
  const std::string text(as_text(input));
  const auto resealed = [&] {
    const std::size_t digest_line = text.rfind("digest ");
    const std::string lines = text.substr(0, digest_line);
    return lines + "digest " + to_hex(digest_of(as_bytes(lines))) + "\n";
  }();
  for (const std::string& tried : {resealed, text}) {
    const auto version = decode_version(tried, "VERSION");
    if (version) CHECK(encode_version(*version) == tried, "VERSION has one form");
    if (tried == text) return version.has_value();
  }
  return false;
}

bool run_control(Bytes input) {
  const ExactBytes bytes(input);
  const bool configuration = parse_control(decode_configuration, bytes.bytes());
  const bool segment_start = parse_control(decode_segment_start, bytes.bytes());
  const bool epoch_start = parse_control(decode_epoch_start, bytes.bytes());
  return configuration || segment_start || epoch_start;
}

}  // namespace varve::fuzz
