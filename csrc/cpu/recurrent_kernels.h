// The kernel rows of one time step of a recurrent layer: gates, state, and their gradients.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {

// All operands are matrices with dense rows: [rows of the batch, a multiple of the hidden size].
// `input` and `hidden` are what the input and the state before give to the gates, biases included.
extern Kernel rnn_tanh_cell;       // {state, input, hidden}
extern Kernel rnn_relu_cell;       // the same
extern Kernel lstm_cell;           // {kept (i, f, g, o, c), state, input, hidden, c before}
extern Kernel gru_cell;            // {kept (r, z, n, hidden part of n), state, input, hidden, state before}
extern Kernel rnn_tanh_cell_back;  // {grad of the gates, grad of the state, state}
extern Kernel rnn_relu_cell_back;  // the same
extern Kernel lstm_cell_back;      // {grad of the gates, grad of c (both ways), grad of the state, kept, c before}
// {grad of the input's gates, of the hidden's, of the state before (its direct part), of the state, kept, state before}
extern Kernel gru_cell_back;

}  // namespace rl::kernels
