// Losses alone: value, derivatives and conjugate in the linear predictor.

#include "bindings.hpp"
#include "checks.hpp"
#include "pauca/loss/registry.hpp"

namespace pauca::python {

void register_losses(py::module_& m) {
  m.def(
      "loss_evaluate",
      [](const std::string& name, const std::vector<double>& shape, const CArray<double>& y,
         const CArray<double>& weights, const CArray<double>& eta) {
        const auto loss = make_loss(name, shape, vector_view(y), vector_view(weights));
        expect("eta", eta.size(), loss->size());
        const Vector at = vector_view(eta);
        Vector u, h;
        loss->gradient(at, u);
        loss->curvature(at, h);
        return py::make_tuple(loss->value(at), to_numpy(u), to_numpy(h));
      },
      py::arg("name"), py::arg("shape"), py::arg("y"), py::arg("weights"), py::arg("eta"));
  m.def(
      "loss_hessian",
      [](const std::string& name, const std::vector<double>& shape, const CArray<double>& y,
         const CArray<double>& weights, const CArray<double>& eta, const FArray<double>& columns) {
        const auto loss = make_loss(name, shape, vector_view(y), vector_view(weights));
        expect("eta", eta.size(), loss->size());
        expect_matrix("columns", columns);
        expect("columns", columns.shape(0), loss->size());
        const Vector at = vector_view(eta);
        const auto x = matrix_view(columns);
        Vector h;
        loss->curvature(at, h);
        Matrix out = x.transpose() * h.asDiagonal() * x;
        if (const auto coupling = loss->coupling(at)) {
          Matrix r(coupling->rank(), x.cols());
          for (Index j = 0; j < x.cols(); ++j) coupling->apply(x.col(j), r.col(j).data());
          out.noalias() -= r.transpose() * r;
        }
        return to_numpy(out);
      },
      py::arg("name"), py::arg("shape"), py::arg("y"), py::arg("weights"), py::arg("eta"), py::arg("columns"));
  m.def(
      "loss_conjugate",
      [](const std::string& name, const std::vector<double>& shape, const CArray<double>& y,
         const CArray<double>& weights, const CArray<double>& v) {
        const auto loss = make_loss(name, shape, vector_view(y), vector_view(weights));
        expect("v", v.size(), loss->size());
        return loss->conjugate(vector_view(v));
      },
      py::arg("name"), py::arg("shape"), py::arg("y"), py::arg("weights"), py::arg("v"));
  m.def(
      "loss_center",
      [](const std::string& name, const std::vector<double>& shape, const CArray<double>& y,
         const CArray<double>& weights, const CArray<double>& eta) {
        const auto loss = make_loss(name, shape, vector_view(y), vector_view(weights));
        expect("eta", eta.size(), loss->size());
        Vector at = vector_view(eta), u(at.size());
        return loss->center(at, u);
      },
      py::arg("name"), py::arg("shape"), py::arg("y"), py::arg("weights"), py::arg("eta"));
}

}  // namespace pauca::python
