#include "tests/shared_simulation/late_disk.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "base/bytes.h"
#include "base/result.h"

namespace varve {
namespace {

constexpr unsigned kSeldomPercent = 3;
constexpr unsigned kLostPercent = 40;

template <typename T>
using Operation = std::function<kj::Promise<Result<T>>()>;

template <typename T>
Task<void> carry(LateDisk::Lines line, Operation<T> operation, std::shared_ptr<kj::Own<kj::PromiseFulfiller<Result<T>>>> answer) {
  const bool there = co_await line->travel();
  if (!there) co_return;
  if (line->orphaned) ++line->arrived_late;
  auto result = co_await operation();
  const bool back = co_await line->travel();
  if (back && !line->orphaned) (*answer)->fulfill(kj::mv(result));
}

// Begins the operation for good: whether its promise is dropped makes no difference to the disk.
template <typename T>
kj::Promise<Result<T>> send(const LateDisk::Lines& line, Operation<T> operation) {
  auto paf = kj::newPromiseAndFulfiller<Result<T>>();
  auto answer = std::make_shared<kj::Own<kj::PromiseFulfiller<Result<T>>>>(kj::mv(paf.fulfiller));
  line->under_way.add(carry<T>(line, std::move(operation), std::move(answer)));
  return kj::mv(paf.promise);
}

template <typename T>
std::shared_ptr<T> shared(kj::Own<T> object) {
  auto owner = std::make_shared<kj::Own<T>>(kj::mv(object));
  return std::shared_ptr<T>(owner, owner->get());
}

class LateFile final : public File {
 public:
  LateFile(LateDisk::Lines line, kj::Own<File> file) : line_(std::move(line)), file_(shared(kj::mv(file))) {}
  ~LateFile() noexcept(false) override {}

  const std::string& path() const override { return file_->path(); }

  kj::Promise<Result<std::size_t>> read(std::uint64_t offset, MutableBytes out) override {
    auto memory = std::make_shared<AlignedBuffer>(std::max<std::size_t>(out.size(), 1));
    const std::size_t bytes = out.size();
    return send<std::size_t>(line_, [file = file_, memory, offset, bytes] { return file->read(offset, memory->span(0, bytes)); })
        .then([memory, out](Result<std::size_t>&& got) {
          if (got && *got > 0) std::memcpy(out.data(), memory->data(), *got);
          return kj::mv(got);
        });
  }
  kj::Promise<Result<void>> write(std::uint64_t offset, std::vector<Bytes> pieces, RunOn where) override {
    auto memory = copy(pieces);
    return send<void>(line_, [file = file_, memory, offset, where] { return keep(file->write(offset, {whole(*memory)}, where), memory); });
  }
  kj::Promise<Result<void>> write_durably(std::uint64_t offset, std::vector<Bytes> pieces, RunOn where) override {
    auto memory = copy(pieces);
    return send<void>(line_,
                      [file = file_, memory, offset, where] { return keep(file->write_durably(offset, {whole(*memory)}, where), memory); });
  }
  kj::Promise<Result<void>> sync() override {
    return send<void>(line_, [file = file_] { return file->sync(); });
  }
  kj::Promise<Result<void>> truncate(std::uint64_t size) override {
    return send<void>(line_, [file = file_, size] { return file->truncate(size); });
  }
  kj::Promise<Result<void>> preallocate(std::uint64_t size) override {
    return send<void>(line_, [file = file_, size] { return file->preallocate(size); });
  }
  kj::Promise<Result<std::uint64_t>> size() override {
    return send<std::uint64_t>(line_, [file = file_] { return file->size(); });
  }

 private:
  struct Memory {
    AlignedBuffer buffer;
    std::size_t bytes = 0;
  };
  static std::shared_ptr<Memory> copy(const std::vector<Bytes>& pieces) {
    auto memory = std::make_shared<Memory>();
    for (const Bytes& piece : pieces) memory->bytes += piece.size();
    memory->buffer = AlignedBuffer(std::max<std::size_t>(memory->bytes, 1));
    std::size_t at = 0;
    for (const Bytes& piece : pieces) {
      if (!piece.empty()) std::memcpy(memory->buffer.data() + at, piece.data(), piece.size());
      at += piece.size();
    }
    return memory;
  }
  static Bytes whole(const Memory& memory) { return memory.buffer.span(0, memory.bytes); }
  static kj::Promise<Result<void>> keep(kj::Promise<Result<void>> promise, std::shared_ptr<Memory> memory) {
    return promise.then([memory](Result<void>&& done) { return kj::mv(done); });
  }

  LateDisk::Lines line_;
  std::shared_ptr<File> file_;
};

class LateDirectory final : public Directory {
 public:
  LateDirectory(LateDisk::Lines line, kj::Own<Directory> directory) : line_(std::move(line)), directory_(shared(kj::mv(directory))) {}
  ~LateDirectory() noexcept(false) override {}

  const std::string& path() const override { return directory_->path(); }
  kj::Promise<Result<kj::Own<File>>> open(std::string name, OpenMode mode) override {
    return late(send<kj::Own<File>>(line_, [d = directory_, name, mode] { return d->open(name, mode); }));
  }
  kj::Promise<Result<kj::Own<File>>> create(std::string name, OpenMode mode) override {
    return late(send<kj::Own<File>>(line_, [d = directory_, name, mode] { return d->create(name, mode); }));
  }
  kj::Promise<Result<void>> rename(std::string from, std::string to) override {
    return send<void>(line_, [d = directory_, from, to] { return d->rename(from, to); });
  }
  kj::Promise<Result<void>> remove(std::string name) override {
    return send<void>(line_, [d = directory_, name] { return d->remove(name); });
  }
  kj::Promise<Result<std::vector<std::string>>> list() override {
    return send<std::vector<std::string>>(line_, [d = directory_] { return d->list(); });
  }
  kj::Promise<Result<void>> sync() override {
    return send<void>(line_, [d = directory_] { return d->sync(); });
  }
  kj::Promise<Result<kj::Own<DirectoryLock>>> lock() override {
    return send<kj::Own<DirectoryLock>>(line_, [d = directory_] { return d->lock(); });
  }
  kj::Promise<Result<std::uint64_t>> free_bytes() override {
    return send<std::uint64_t>(line_, [d = directory_] { return d->free_bytes(); });
  }

 private:
  kj::Promise<Result<kj::Own<File>>> late(kj::Promise<Result<kj::Own<File>>> opened) {
    return opened.then([line = line_](Result<kj::Own<File>>&& file) -> Result<kj::Own<File>> {
      if (!file) return fail(file.error());
      return kj::Own<File>(kj::heap<LateFile>(line, kj::mv(*file)));
    });
  }

  LateDisk::Lines line_;
  std::shared_ptr<Directory> directory_;
};

kj::Promise<Result<kj::Own<Directory>>> late(const LateDisk::Lines& line, kj::Promise<Result<kj::Own<Directory>>> opened) {
  return opened.then([line](Result<kj::Own<Directory>>&& directory) -> Result<kj::Own<Directory>> {
    if (!directory) return fail(directory.error());
    return kj::Own<Directory>(kj::heap<LateDirectory>(line, kj::mv(*directory)));
  });
}

}  // namespace

Task<bool> LateDisk::Line::travel() {
  std::chrono::nanoseconds delay{0};
  const auto most = random.percent(kSeldomPercent) ? seldom : usual;
  if (most.count() > 0) delay = std::chrono::nanoseconds(random.below(static_cast<std::uint64_t>(most.count())));
  if (delay.count() > 0) co_await clock.after(delay);
  while (!orphaned && clock.now() < stopped_until) co_await clock.after(stopped_until - clock.now());
  if (orphaned && orphan_latest.count() > 0) {
    if (random.percent(kLostPercent)) co_return false;
    const auto more = std::chrono::nanoseconds(random.below(static_cast<std::uint64_t>(orphan_latest.count())));
    co_await clock.after(more);
  }
  co_return true;
}

void LateDisk::orphan(std::chrono::nanoseconds latest) {
  line_->orphaned = true;
  line_->orphan_latest = latest;
}

kj::Promise<Result<kj::Own<Directory>>> LateDisk::open_directory(std::string path) {
  return late(line_, send<kj::Own<Directory>>(line_, [line = line_.get(), path] { return line->disk.open_directory(path); }));
}

kj::Promise<Result<kj::Own<Directory>>> LateDisk::create_directory(std::string path) {
  return late(line_, send<kj::Own<Directory>>(line_, [line = line_.get(), path] { return line->disk.create_directory(path); }));
}

}  // namespace varve
