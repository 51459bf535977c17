// A state machine of a user that Varve knows nothing of: the nights of an observatory, by a schema of its own.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "tests/tools/observatory.h"
#include "varve/state_machine.h"

namespace varve::testing {

class NightLog final : public StateMachine {
 public:
  SchemaInfo schema() const override { return {.compiled = observatory_schema(), .transaction_type = kNightType, .name = "observatory"}; }

  Reply apply(TxId, Bytes transaction) override {
    nights_.emplace_back(as_text(transaction));
    return {};
  }

  std::shared_ptr<const StateView> freeze() override {
    auto view = std::make_shared<View>();
    view->nights = nights_;
    return view;
  }

  void save(std::shared_ptr<const StateView> view, ImageSink& sink) const override {
    auto frozen = std::static_pointer_cast<const View>(view);
    sink.add_section({.id = 1, .name = "nights", .record_type = kNightType}, {[frozen, next = std::size_t{0}](RecordBuffer& out) mutable {
                       if (next == frozen->nights.size()) return false;
                       put(frozen->nights[next++], out);
                       return true;
                     }});
    sink.add_section({.id = 2, .name = "notes", .required = false, .compress = true}, {[given = false](RecordBuffer& out) mutable {
                       if (given) return false;
                       put(std::string(500, 'n'), out);
                       return given = true;
                     }});
  }

  Result<void> load(ImageSource& source) override {
    reset();
    source.consume(1, [this](std::uint32_t, const RecordView& records) -> Result<void> {
      for (std::size_t i = 0; i < records.count(); ++i) nights_.emplace_back(as_text(records.record(i)));
      return {};
    });
    return {};
  }
  Result<void> finish_load() override { return {}; }
  void reset() override { nights_.clear(); }

  const std::vector<std::string>& nights() const { return nights_; }

 private:
  struct View final : StateView {
    std::vector<std::string> nights;
  };
  static void put(const std::string& record, RecordBuffer& out) {
    std::memcpy(out.add(record.size()).data(), record.data(), record.size());
  }

  std::vector<std::string> nights_;
};

}  // namespace varve::testing
