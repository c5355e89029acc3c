<?php
// Sets a new WordPress up for deploy/services/wordpress: prints an application password of its one user.
define('WP_INSTALLING', true);
$_SERVER['HTTP_HOST'] = 'localhost';
$_SERVER['REQUEST_METHOD'] = 'GET';
require getenv('GALLEY_WORDPRESS') . '/config.php';
require ABSPATH . 'wp-settings.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
$made = wp_install('Galley', 'galley', 'galley@example.org', true, '', bin2hex(random_bytes(16)));
[$password] = WP_Application_Passwords::create_new_application_password($made['user_id'], ['name' => 'galley']);
echo $password, "\n";
