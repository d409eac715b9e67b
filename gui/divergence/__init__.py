"""Where another contender would have left a reply, token by token."""
