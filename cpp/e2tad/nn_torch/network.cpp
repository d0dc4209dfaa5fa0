#include "e2tad/nn_torch/network.hpp"

#include <ATen/Parallel.h>
#include <ATen/cpu/Utils.h>
#include <c10/util/Exception.h>
#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/mobile/import.h>
#include <torch/script.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <exception>
#include <sstream>
#include <string_view>
#include <utility>
#include <variant>

#include "e2tad/core/error.hpp"
#include "e2tad/core/files/json.hpp"
#include "e2tad/core/files/text.hpp"

namespace e2tad::nn_torch {
namespace {

constexpr std::array<std::pair<const char *, at::QEngine>, 3> kEngines{
    {{"qnnpack", at::QEngine::QNNPACK}, {"x86", at::QEngine::X86}, {"onednn", at::QEngine::ONEDNN}}};

constexpr std::size_t kMaxModelBytes = std::size_t{1} << 30u;

bool at_hand(at::QEngine engine) {
    const auto &all = at::globalContext().supportedQEngines();
    return std::find(all.begin(), all.end(), engine) != all.end();
}

at::QEngine engine_of(const std::string &name) {
    for (const auto &[known, engine] : kEngines) {
        if (name == known && at_hand(engine)) return engine;
    }
    std::string names;
    for (const std::string &known : engines()) names += (names.empty() ? "" : ", ") + known;
    throw InputError("engine: expected one of " + names + ", got " + files::in_quotes(name));
}

/// LibTorch tells its developers here what a later release won't have; who runs a model can do nothing about
/// it.
class Quiet : public c10::WarningHandler {
  public:
    void process(const c10::Warning &) override {}
};

/// Sets engine and thread count for as long as it lives; then whoever else uses LibTorch here has its own
/// back.
class Settings {
  public:
    explicit Settings(const RunOptions &options)
        : engine_(at::globalContext().qEngine()), threads_(at::get_num_threads()) {
        set(engine_of(options.engine), options.threads > 0 ? options.threads : threads_);
    }
    ~Settings() {
        try {
            set(engine_, threads_);
        } catch (const c10::Error &) {  // NOLINT(bugprone-empty-catch): both were set before.
        }
    }
    Settings(const Settings &) = delete;
    Settings &operator=(const Settings &) = delete;

  private:
    static void set(at::QEngine engine, int threads) {
        if (at::globalContext().qEngine() != engine) at::globalContext().setQEngine(engine);
        if (at::get_num_threads() != threads) at::set_num_threads(threads);
    }

    at::QEngine engine_;
    int threads_;
    Quiet quiet_;
    c10::WarningUtils::WarningHandlerGuard guard_{&quiet_};
};

/// The first line of what LibTorch says; the rest is its stack.
std::string first_line(const std::exception &error) {
    const auto *own = dynamic_cast<const c10::Error *>(&error);
    std::string text = own ? own->what_without_backtrace() : error.what();
    text = text.substr(0, text.find('\n'));
    text = text.substr(0, text.find(". "));
    return text.empty() ? "no reason given" : files::printable(text);
}

/// True if `word` stands in `text` with no letter, digit or underscore beside it.
bool has_word(std::string_view text, std::string_view word) {
    const auto joins = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        if ((at == 0 || !joins(text[at - 1])) && (end == text.size() || !joins(text[end]))) return true;
    }
    return false;
}

/// TorchScript computes and nothing else, but for two operators that read and write files. They are refused
/// before anything runs: some of a model's code does while it loads.
void refuse_file_access(std::istream &file, const std::string &path) {
    caffe2::serialize::PyTorchStreamReader reader(&file);
    for (const std::string &name : reader.getAllRecords()) {
        if (!name.ends_with(".py") && !name.ends_with(".pkl")) continue;
        const auto [bytes, size] = reader.getRecord(name);
        const std::string_view text(static_cast<const char *>(bytes.get()), size);
        for (const char *word : {"save", "from_file"}) {
            const bool named =
                name.ends_with(".py") ? has_word(text, word) : has_word(text, std::string("aten::") + word);
            if (named) throw InputError(path + ": the model reads or writes files (" + word + ")");
        }
    }
    file.clear();
    file.seekg(0);
}

void collect(const c10::IValue &value, std::vector<Output> &outputs, const std::string &path) {
    if (value.isTensor()) {
        at::Tensor given = value.toTensor();
        if (given.is_quantized()) given = given.dequantize();
        auto kept = std::make_shared<const at::Tensor>(given.to(at::kCPU, at::kFloat).contiguous());
        const float *data = kept->const_data_ptr<float>();
        outputs.push_back({kept, data, kept->sizes().vec()});
        return;
    }
    if (value.isTensorList()) {
        for (const at::Tensor &tensor : value.toTensorVector()) collect(tensor, outputs, path);
    } else if (value.isTuple()) {
        for (const c10::IValue &element : value.toTupleRef().elements()) collect(element, outputs, path);
    } else if (value.isList()) {
        for (const c10::IValue &element : value.toListRef()) collect(element, outputs, path);
    } else {
        throw InputError(path + ": the network gives " + value.tagKind() + ", expected tensors");
    }
}

}  // namespace

std::vector<std::string> engines() {
    std::vector<std::string> names;
    for (const auto &[name, engine] : kEngines) {
        if (at_hand(engine)) names.emplace_back(name);
    }
    return names;
}

std::string auto_engine(const std::string &made_for) {
    const std::vector<std::string> here = engines();
    const auto has = [&here](const std::string &name) {
        return std::find(here.begin(), here.end(), name) != here.end();
    };
    if (has("onednn") && at::cpu::is_avx512_vnni_supported()) return "onednn";
    return has(made_for) ? made_for : "qnnpack";
}

std::string shape_text(std::span<const std::int64_t> shape) {
    std::string text = "(";
    for (const std::int64_t extent : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
    return text + ")";
}

class Network::Module {
  public:
    Module(std::istream &file, bool lite)
        : module_(lite ? Loaded(torch::jit::_load_for_mobile(file, at::kCPU))
                       : Loaded(torch::jit::load(file, at::kCPU))) {
        if (auto *full = std::get_if<torch::jit::Module>(&module_)) full->eval();
    }
    c10::IValue forward(std::vector<c10::IValue> inputs) {
        return std::visit([&inputs](auto &module) { return module.forward(std::move(inputs)); }, module_);
    }

  private:
    using Loaded = std::variant<torch::jit::mobile::Module, torch::jit::Module>;
    Loaded module_;
};

Network::Network(const std::string &path, const RunOptions &options) : path_(path), options_(options) {
    if (!path.ends_with(".ptl") && !path.ends_with(".torchscript")) {
        throw InputError(path + ": expected a model file, .ptl or .torchscript");
    }
    std::istringstream file(files::read_text(path, kMaxModelBytes));
    // Weights are packed for the engine that is set while they load.
    const Settings settings(options_);
    try {
        refuse_file_access(file, path);
        module_ = std::make_unique<Module>(file, path.ends_with(".ptl"));
    } catch (const InputError &) {
        throw;
    } catch (const std::exception &error) {
        throw InputError(path + ": not a model file that LibTorch reads (" + first_line(error) + ")");
    }
}

Network::~Network() = default;
Network::Network(Network &&) noexcept = default;
Network &Network::operator=(Network &&) noexcept = default;

std::vector<Output> Network::run(std::span<const Input> inputs) const {
    const Settings settings(options_);
    const c10::InferenceMode no_gradients;
    std::vector<Output> outputs;
    try {
        std::vector<c10::IValue> tensors;
        for (const Input &input : inputs) {
            // from_blob() takes memory that may be written to; a network in inference mode doesn't.
            auto *data = const_cast<float *>(input.data);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
            const auto &s = input.shape;
            tensors.emplace_back(input.channels_last
                                     ? at::from_blob(data, s, {s[1] * s[2] * s[3], 1, s[3] * s[1], s[1]})
                                     : at::from_blob(data, s));
        }
        collect(module_->forward(std::move(tensors)), outputs, path_);
    } catch (const InputError &) {
        throw;
    } catch (const std::exception &error) {
        std::string shapes;
        for (const Input &input : inputs) shapes += (shapes.empty() ? "" : ", ") + shape_text(input.shape);
        throw InputError(path_ + ": the network fails on " + shapes + " (" + first_line(error) + ")");
    }
    return outputs;
}

}  // namespace e2tad::nn_torch
