// A counter that survives kill -9.   counter DIRECTORY [NUMBER]...
// Adds each number, durably, and prints the sum of all that were ever added. Journal and images stand in DIRECTORY.
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "varve/engine.h"

namespace {

// The state: one number. A transaction is a number to add, 8 bytes.
class Counter final : public varve::StateMachine {
 public:
  std::int64_t sum() const { return sum_; }

  varve::SchemaInfo schema() const override { return {.name = "counter"}; }  // nothing compiled: the viewers print bytes

  varve::Reply apply(varve::TxId, varve::Bytes transaction) override {
    if (transaction.size() != sizeof(sum_)) return {.code = 1};
    sum_ += to_number(transaction);
    return {};
  }

  std::shared_ptr<const varve::StateView> freeze() override { return std::make_shared<View>(sum_); }

  // An image of it has one section of one record.
  void save(std::shared_ptr<const varve::StateView> view, varve::ImageSink& sink) const override {
    const std::int64_t sum = static_cast<const View&>(*view).sum;
    bool given = false;
    sink.add_section({.id = 1, .name = "sum"}, {[sum, given](varve::RecordBuffer& chunk) mutable {
                       if (given) return false;
                       std::memcpy(chunk.add(sizeof(sum)).data(), &sum, sizeof(sum));
                       return given = true;
                     }});
  }

  varve::Result<void> load(varve::ImageSource& source) override {
    source.consume(1, [this](std::uint32_t, const varve::RecordView& records) -> varve::Result<void> {
      if (records.count() != 1 || records.record(0).size() != sizeof(sum_))
        return varve::fail(varve::ErrorCode::kDamaged, "the image holds no sum");
      sum_ = to_number(records.record(0));
      return {};
    });
    return {};
  }
  varve::Result<void> finish_load() override { return {}; }
  void reset() override { sum_ = 0; }

 private:
  struct View final : varve::StateView {
    explicit View(std::int64_t frozen) : sum(frozen) {}
    std::int64_t sum;
  };

  static std::int64_t to_number(varve::Bytes bytes) {
    std::int64_t number = 0;
    std::memcpy(&number, bytes.data(), sizeof(number));
    return number;
  }

  std::int64_t sum_ = 0;
};

int fail_with(const varve::Error& error) {
  std::cerr << "counter: " << error.text() << "\n";
  return EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::cerr << "usage: counter DIRECTORY [NUMBER]...\n", EXIT_FAILURE;
  const auto directory = std::filesystem::absolute(argv[1]);
  std::filesystem::create_directories(directory);
  varve::Options options;
  options.journal = "file://" + (directory / "journal").string();
  options.segment_bytes_max = options.disk_reserve_bytes = 1 << 20;  // small, as the numbers are few

  Counter counter;
  auto engine = varve::Engine::open(options, counter);
  if (!engine) return fail_with(engine.error());
  for (int i = 2; i < argc; ++i) {
    const std::int64_t number = std::atoll(argv[i]);
    auto added = (*engine)->submit(std::as_bytes(std::span(&number, 1))).get();  // waits until it is durable
    if (!added) return fail_with(added.error());
  }
  (*engine)->inspect([&] { std::cout << counter.sum() << std::endl; });
  return EXIT_SUCCESS;
}
