// A program to be killed: keeps a NumberSetMachine with the embedded journal and writes down outside what it was promised.
//
//   crash_writer write DIRECTORY RECORD [options]   submits until told to stop, or for ever
//   crash_writer check DIRECTORY RECORD [options]   opens, compares with the record, submits ten more
//
// Exit status: 0 all is well; 1 the state contradicts the record; 2 wrong usage; 3 the engine reported an error, which is printed.
#include <fmt/format.h>

#include <cstdlib>
#include <cstring>
#include <semaphore>
#include <string>

#include "base/bytes.h"
#include "tests/process/number_set_machine.h"
#include "tests/process/outside_record.h"
#include "tests/process/reconcile.h"
#include "varve/engine.h"

namespace varve {
namespace {

struct Arguments {
  bool check = false;
  std::string directory;
  std::string record;
  std::string images;
  std::uint64_t count = ~std::uint64_t{0};  // transactions to submit
  std::ptrdiff_t in_flight = 64;
  std::uint64_t segment_bytes = 256u << 10;
  std::uint64_t segment_transactions = 500;
  std::uint64_t checkpoint_every = 2000;
  std::uint64_t reserve_bytes = 1u << 20;
  std::size_t ballast_bytes = 1u << 20;
  bool direct = true;
};

[[noreturn]] void usage(const std::string& wrong) {
  fmt::print(stderr,
             "crash_writer: {}\nusage: crash_writer write|check DIRECTORY RECORD [--images DIRECTORY] [--count N] [--in-flight N] "
             "[--segment-bytes N] [--segment-transactions N] [--checkpoint-every N] [--reserve N] [--ballast N] [--buffered]\n",
             wrong);
  std::exit(2);
}

Arguments parse(int argc, char** argv) {
  if (argc < 4) usage("three arguments are needed");
  Arguments a;
  const std::string mode = argv[1];
  if (mode != "write" && mode != "check") usage(mode);
  a.check = mode == "check";
  a.directory = argv[2];
  a.record = argv[3];
  if (a.check) a.count = 10;
  for (int i = 4; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&] { return i + 1 < argc ? argv[++i] : (usage(word + " wants a value"), nullptr); };
    const auto number = [&] { return std::strtoull(value(), nullptr, 10); };
    if (word == "--images")
      a.images = value();
    else if (word == "--count")
      a.count = number();
    else if (word == "--in-flight")
      a.in_flight = static_cast<std::ptrdiff_t>(number());
    else if (word == "--segment-bytes")
      a.segment_bytes = number();
    else if (word == "--segment-transactions")
      a.segment_transactions = number();
    else if (word == "--checkpoint-every")
      a.checkpoint_every = number();
    else if (word == "--reserve")
      a.reserve_bytes = number();
    else if (word == "--ballast")
      a.ballast_bytes = number();
    else if (word == "--buffered")
      a.direct = false;
    else
      usage(word);
  }
  return a;
}

Options options_of(const Arguments& a) {
  Options options;
  options.journal = "file://" + a.directory + "/journal";
  options.image_directory = a.images.empty() ? a.directory + "/images" : a.images;
  options.segment_bytes_max = a.segment_bytes;
  options.segment_transactions_max = a.segment_transactions;
  options.disk_reserve_bytes = a.reserve_bytes;
  options.mark_delay = std::chrono::milliseconds(50);
  options.direct_io = a.direct;
  options.checkpoint_transactions = a.checkpoint_every;
  options.extra_transactions_kept = a.checkpoint_every;
  options.image_threads = 2;
  options.log = [](LogLevel level, std::string_view line) {
    if (level >= LogLevel::kWarning) fmt::print("{}: {}\n", level == LogLevel::kError ? "error" : "warning", line);
    std::fflush(stdout);
  };
  return options;
}

int failed(const Error& error) {
  fmt::print("failed ({}): {}\n", to_string(error.code()), error.text());
  std::fflush(stdout);
  return 3;
}

// Keeps `in_flight` transactions under way until `count` are done or one fails.
std::optional<Error> submit_numbers(Engine& engine, OutsideRecord& record, std::uint64_t count, std::ptrdiff_t in_flight) {
  std::counting_semaphore<> room(in_flight);
  std::mutex mutex;
  std::optional<Error> first_error;
  const auto error_seen = [&] {
    std::lock_guard lock(mutex);
    return first_error.has_value();
  };
  for (std::uint64_t i = 0; i < count && !error_seen(); ++i) {
    room.acquire();
    const std::uint64_t number = record.submit();
    engine.submit(as_bytes(numbered_transaction(number)), [&, number](const Result<Committed>& done) {
      if (done) {
        record.acknowledge(number);
      } else {
        if (done.error().code() != ErrorCode::kOutcomeUnknown) record.refuse(number);
        std::lock_guard lock(mutex);
        if (!first_error) first_error = done.error();
      }
      room.release();
    });
  }
  for (std::ptrdiff_t i = 0; i < in_flight; ++i) room.acquire();
  return first_error;
}

int run(const Arguments& arguments) {
  auto record = OutsideRecord::open(arguments.record);
  if (!record) return failed(record.error());
  NumberSetMachine machine(arguments.ballast_bytes);
  auto engine = Engine::open(options_of(arguments), machine);
  if (!engine) return failed(engine.error());
  std::string wrong;
  (*engine)->inspect([&] { wrong = reconcile(machine, **record); });
  if (!wrong.empty()) {
    fmt::print("wrong: {}\n", wrong);
    return 1;
  }
  (*record)->started();
  const Status status = (*engine)->status();
  fmt::print("open: epoch {}, {} transactions, image {}, {} replayed, {} torn bytes cut\n", status.epoch.value, machine.count(),
             status.recovery.image_txid.value, status.recovery.replayed, status.recovery.torn_bytes_cut);
  std::fflush(stdout);
  const auto error = submit_numbers(**engine, **record, arguments.count, arguments.in_flight);
  const Status after = (*engine)->status();
  const auto closed = (*engine)->close();
  if (error) return failed(*error);
  if (!closed) return failed(closed.error());
  fmt::print("done: {} acknowledged, {} checkpoints, {} of them failed\n", (*record)->acknowledged(),
             after.checkpoint.succeeded + after.checkpoint.failed, after.checkpoint.failed);
  return 0;
}

}  // namespace
}  // namespace varve

int main(int argc, char** argv) {
  return varve::run(varve::parse(argc, argv));
}
