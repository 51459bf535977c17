#include "tools/bench/image_bench.h"

#include <fmt/format.h>

#include <boost/filesystem.hpp>
#include <chrono>

#include "base/real/real_seams.h"
#include "base/result.h"
#include "fsimage/image_directory.h"
#include "rm/rm_state.h"
#include "tools/bench/bench_report.h"
#include "tools/bench/machine_limits.h"
#include "tools/bench/rm_workload.h"

namespace varve {
namespace {

using Steady = std::chrono::steady_clock;

struct Timed {
  double bytes = 0;
  double seconds = 0;
  double cpu_seconds = 0;
};

TxId populate(RmState& state, std::uint64_t applications) {
  RmWorkload workload(0);
  TxId txid;
  while (state.statistics().applications < applications) {
    txid = txid.next();
    state.apply(txid, workload.next());
  }
  return txid;
}

Task<Result<kj::Own<ImageDirectory>>> open_images(Seams seams, std::string path) {
  auto directory = co_await seams.disk.create_directory(path);
  if (!directory) co_return fail(directory.error());
  co_return co_await ImageDirectory::open(seams, kj::mv(*directory), Uuid{});
}

Task<Result<Timed>> save(ImageDirectory& images, RmState& state, TxId txid) {
  ImagePoint point;
  point.namespace_id = Uuid{1, 1};
  point.position.txid = txid;
  point.position.epoch = Epoch{1};
  point.schema = state.schema();
  const double cpu0 = process_cpu_seconds();
  const auto began = Steady::now();
  const std::function<void(ImageSink&)> declare = [&state, view = state.freeze()](ImageSink& sink) { state.save(view, sink); };
  const SaveOptions options;
  auto saved = co_await images.save(point, declare, options);
  if (!saved) co_return fail(saved.error());
  co_return Timed{static_cast<double>(saved->bytes), std::chrono::duration<double>(Steady::now() - began).count(),
                  process_cpu_seconds() - cpu0};
}

Task<Result<Timed>> load(ImageDirectory& images, RmState& state, TxId txid) {
  const double cpu0 = process_cpu_seconds();
  const auto began = Steady::now();
  const std::function<Result<void>(ImageSource&)> declare = [&state](ImageSource& source) { return state.load(source); };
  auto loaded = co_await images.load(txid, declare);
  if (!loaded) co_return fail(loaded.error());
  CO_TRY(state.finish_load());
  co_return Timed{static_cast<double>(loaded->bytes), std::chrono::duration<double>(Steady::now() - began).count(),
                  process_cpu_seconds() - cpu0};
}

// Saves a populated state as the newest image of the directory.
Result<Timed> save_new(RealSeams& real, const std::string& directory, const ImageBench& bench, BenchReport& report) {
  RmState state;
  const TxId txid = populate(state, bench.applications);
  report.add("applications", static_cast<double>(state.statistics().applications));
  report.add("attempts", static_cast<double>(state.statistics().attempts));
  ASSIGN_OR_RETURN(kj::Own<ImageDirectory> images,
                   real.mailbox().run_until(kj::Promise<Result<kj::Own<ImageDirectory>>>(open_images(real.seams(), directory))));
  return real.mailbox().run_until(kj::Promise<Result<Timed>>(save(*images, state, txid)));
}

void add_figures(BenchReport& report, const Timed& timed, const Rate& limit, double records) {
  report.add_rates(records, timed.bytes, timed.seconds);
  report.add_latency_of_run(timed.seconds);
  report.add("bytes", timed.bytes);
  report.add("cpu_s", timed.cpu_seconds);
  report.add("limit_bytes_per_s", limit.per_second());
  report.add("ratio", timed.bytes / timed.seconds / limit.per_second());
  report.add("rss_anon_bytes", static_cast<double>(anonymous_bytes()));
}

std::string image_directory(const ImageBench& bench) {
  const boost::filesystem::path path = boost::filesystem::absolute(bench.directory);
  boost::system::error_code ignored;  // opening the images tells what is wrong with the directory
  boost::filesystem::create_directory(path, ignored);
  return (path / "images").string();
}

}  // namespace

Result<void> run_image_save_bench(const ImageBench& bench) {
  const std::string directory = image_directory(bench);
  RealSeams real({.worker_threads = bench.threads});
  BenchReport report;
  ASSIGN_OR_RETURN(const Timed saved, save_new(real, directory, bench, report));
  ASSIGN_OR_RETURN(const Rate written, write_and_sync(directory + "/limit.tmp", static_cast<std::uint64_t>(saved.bytes)));
  ASSIGN_OR_RETURN(const std::vector<std::string> images, files_of(directory, "fsimage_"));
  TRY(read_and_digest({images.back()}));  // and into the page cache
  ASSIGN_OR_RETURN(const Rate digested, read_and_digest({images.back()}));
  add_figures(report, saved, written.per_second() < digested.per_second() ? written : digested, static_cast<double>(bench.applications));
  report.add("disk_bytes_per_s", written.per_second());
  report.add("digest_bytes_per_s", digested.per_second());
  report.print(bench.json);
  return ok();
}

Result<void> run_image_load_bench(const ImageBench& bench) {
  const std::string directory = image_directory(bench);
  RealSeams real({.worker_threads = bench.threads});
  if (!boost::filesystem::exists(directory)) {
    BenchReport unused;
    TRY(save_new(real, directory, bench, unused));
  }
  ASSIGN_OR_RETURN(kj::Own<ImageDirectory> images,
                   real.mailbox().run_until(kj::Promise<Result<kj::Own<ImageDirectory>>>(open_images(real.seams(), directory))));
  if (images->images().empty()) return fail(ErrorCode::kNotFound, fmt::format("loading from {}: there is no image in it", directory));
  ASSIGN_OR_RETURN(const std::vector<std::string> paths, files_of(directory, "fsimage_"));
  ASSIGN_OR_RETURN(const Rate read, read_from_disk(paths.back()));  // and into the page cache
  ASSIGN_OR_RETURN(const Rate digested, read_and_digest({paths.back()}));
  RmState state;
  ASSIGN_OR_RETURN(const Timed loaded,
                   real.mailbox().run_until(kj::Promise<Result<Timed>>(load(*images, state, images->images().front().txid))));
  BenchReport report;
  report.add("applications", static_cast<double>(state.statistics().applications));
  report.add("attempts", static_cast<double>(state.statistics().attempts));
  add_figures(report, loaded, read.per_second() < digested.per_second() ? read : digested,
              static_cast<double>(state.statistics().applications));
  report.add("disk_bytes_per_s", read.per_second());
  report.add("digest_bytes_per_s", digested.per_second());
  report.print(bench.json);
  return ok();
}

}  // namespace varve
