// The messages of a walk, which names the op and the line that kept a tensor, and those that changed it.
#include "python/graph_errors.h"

#include <string>

#include "core/error.h"
#include "python/call.h"
#include "python/function.h"
#include "python/site.h"

namespace rl::python {
namespace {

/// "`x` " where the program has a name for the tensor.
std::string called(const Version* version) {
  const std::string name = variable_of(version);
  return name.empty() ? "" : "`" + name + "` ";
}

std::string at(const std::string& place) { return place.empty() ? "" : " (" + place + ")"; }

/// What to do instead of the write that changed a kept tensor.
std::string remedy(const std::string& writer) {
  const std::string other = writer.ends_with("_") ? writer.substr(0, writer.size() - 1) : "";
  for (const OpEntry* op : all_entries())
    if (other == op->row->name)
      return concat("use ", other, " in place of ", writer, " there, or clone() the tensor before it is written");
  return "clone() the tensor before it is written";
}

}  // namespace

std::string made_by(const Node* n) {
  const bool own = !n->op || is_function(n);
  return concat(own ? node_name(n) : n->op->row->name, at(call_site(n)));
}

void check_version(const Node* n, const Tensor& kept, uint32_t expected, const char* what) {
  const Version& version = *kept.version();
  if (RL_LIKELY(version.value() == expected)) return;
  const std::string writer = version.last_writer ? version.last_writer : "an op without a name";
  const auto* written = static_cast<const WrittenAt*>(version.origin.get());
  fail(ErrorKind::Runtime,
       "one of the variables needed for gradient computation has been modified by an inplace operation: ",
       called(&version), "[torch.", short_name(kept.dtype()), "Tensor ", kept.sizes(), "], saved by ", made_by(n),
       " as ", what, " for ", node_name(n), ", is at version ", version.value(), "; expected version ", expected,
       " instead. It was last written by ", writer, at(written ? written->told_at(version.value()) : ""),
       ". Hint: ", remedy(writer));
}

void walked_before(const Node* n) {
  fail(ErrorKind::Runtime,
       "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
       "been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
       "Specify retain_graph=True if you need to backward through the graph a second time or if you need to access "
       "saved tensors after calling backward. The first whose values are gone is ",
       node_name(n), ", of ", made_by(n), ": compute it anew, or walk it the first time with retain_graph=True");
}

void no_graph(size_t place, PyTensor* root) {
  fail(
      ErrorKind::Runtime, "element ", place,
      " of tensors does not require grad and does not have a grad_fn: ", called(root->value.version().get()),
      root->value.sizes(),
      is_differentiable(root->value.dtype())
          ? " was computed from nothing that asks for gradients, or under no_grad; call requires_grad_() on what it is "
            "to be differentiated by before it is computed"
          : concat(" is of dtype torch.", name(root->value.dtype()), ", which has no derivative"));
}

void no_scalar(PyTensor* root) {
  PyObject* fn = current_grad_fn(root);
  fail(ErrorKind::Runtime, "grad can be implicitly created only for scalar outputs; ",
       called(root->value.version().get()), fn ? "made by " + made_by(as_node(fn)) + " " : std::string(), "has shape ",
       root->value.sizes(), ": reduce it (.sum(), .mean()) or pass gradient=");
}

void unused(size_t place, PyTensor* input) {
  fail(ErrorKind::Runtime, "The differentiated Tensor at index ", place,
       " appears to not have been used in the graph. Set allow_unused=True if this is the desired behavior. It is ",
       called(input->value.version().get()), input->value.sizes(),
       "; what was computed from a copy of it, or before it was changed in place, does not lead to it");
}

}  // namespace rl::python
